import { RotateCcw } from 'lucide-react'
import { Link } from 'wouter'
import { duration } from '../clock'
import { buttonLook } from '../components/Button'
import { Heading } from '../components/Heading'
import { ScoreRing } from '../components/ScoreRing'
import { dateTime, day } from '../dates'
import type { Review } from '../review.gen'
import { endedWord, words } from '../words'
import { afterwards } from '../words-afterwards'
import { Actions } from './Actions'

interface HeadProps {
  review: Review
  onReview: (review: Review) => void
}

/** Which call this was, what came of it, and what can be done with it. */
export function Head({ review, onReview }: HeadProps) {
  const { call, grade, scenario } = review
  const title = grade ? (grade.passed ? words.result.passed : words.result.notYet) : words.result.none
  return (
    <section
      aria-label={words.result.title}
      className="flex flex-col gap-6 sm:flex-row sm:items-center sm:gap-10"
      {...(grade ? { 'data-testid': 'grade', 'data-score': grade.score } : {})}
    >
      {grade ? <ScoreRing score={grade.score} passMark={grade.pass_mark} /> : null}
      <div className="min-w-0 flex-1">
        <p className="text-soft">
          {call.title}, {words.result.with(scenario.persona.name)}
        </p>
        <Heading>{title}</Heading>
        {grade ? <p className="mt-2 max-w-[60ch] text-lg text-pretty">{grade.closing}</p> : null}
        <Facts review={review} />
        <div className="mt-5 flex flex-wrap gap-2 print:hidden">
          <Link
            href={`/call/${encodeURIComponent(call.scenario_id)}`}
            className={buttonLook({ kind: 'primary' })}
          >
            <RotateCcw size={17} aria-hidden="true" />
            {words.result.again}
          </Link>
          <Actions review={review} onReview={onReview} />
        </div>
      </div>
    </section>
  )
}

function Facts({ review: { call, grade } }: { review: Review }) {
  const facts = [
    dateTime(call.started_at),
    words.result.length(duration(call.seconds)),
    endedWord(call.ended_reason),
    grade ? words.result.passMark(grade.pass_mark) : null,
    grade && grade.hint_cost > 0 ? words.result.hintCost(grade.points, grade.hint_cost) : null,
    call.kept_until ? afterwards.review.keptUntil(day(call.kept_until)) : null,
  ].filter((fact) => fact !== null)
  return (
    <ul className="mt-3 flex flex-wrap gap-x-5 gap-y-1 text-sm text-soft">
      {facts.map((fact) => (
        <li key={fact}>{fact}</li>
      ))}
      {call.retry_of ? (
        <li>
          <Link href={`/calls/${call.retry_of}`} className="underline underline-offset-4">
            {afterwards.review.retryOf}
          </Link>
        </li>
      ) : null}
    </ul>
  )
}
