// What else is known of a call: the quiz, the hints, the goals, and how its grade changed.
import { type ReactNode, useId } from 'react'
import { clock } from '../clock'
import { Goals } from '../components/Goals'
import { Marked } from '../components/Quiz'
import { answerAnchor } from '../lines'
import type { GradeRevision, Review } from '../review.gen'
import { words } from '../words'
import { afterwards } from '../words-afterwards'

export function GoalsReached({ review }: { review: Review }) {
  const { goals } = review.scenario.learner
  if (goals.length === 0) return null
  return (
    <Section title={words.call.goals}>
      <Card>
        <Goals goals={goals} reached={review.goals} />
      </Card>
    </Section>
  )
}

export function QuizAnswers({ review: { quiz } }: { review: Review }) {
  if (quiz.items.length === 0) return null
  return (
    <Section title={afterwards.review.quiz}>
      <ol className="flex flex-col gap-3">
        {quiz.items.map((item) => {
          const mark = quiz.marks.find(({ item_id }) => item_id === item.id)
          return (
            <li
              key={item.id}
              id={answerAnchor(item.id)}
              tabIndex={-1}
              data-testid={`answer-${item.id}`}
              className="scroll-my-24 rounded-2xl print:break-inside-avoid"
            >
              <Card>
                <p className="font-medium text-pretty">{item.prompt}</p>
                {mark ? (
                  <>
                    <p className="mt-1">
                      <span className="text-soft">{words.quiz.given}</span> {mark.given}
                    </p>
                    <Marked mark={mark} />
                  </>
                ) : (
                  <p className="mt-1 text-soft">{words.quiz.unanswered}</p>
                )}
              </Card>
            </li>
          )
        })}
      </ol>
    </Section>
  )
}

export function HintsUsed({ review: { hints } }: { review: Review }) {
  if (hints.length === 0) return null
  return (
    <Section title={afterwards.review.hints}>
      <Card>
        <ol className="flex flex-col gap-3">
          {hints.map((hint) => (
            <li key={`${hint.hint}.${hint.rung}`}>
              <p className="text-sm text-soft">
                {clock(hint.at)}, {words.hints.kinds[hint.kind].toLowerCase()}
                {hint.cost > 0 ? `, ${words.hints.cost(hint.cost)}` : ''}
              </p>
              <p className="text-pretty">{hint.text}</p>
            </li>
          ))}
        </ol>
      </Card>
    </Section>
  )
}

/** Shown once there is something to compare. */
export function GradeHistory({ review: { grades } }: { review: Review }) {
  if (grades.length < 2) return null
  return (
    <Section title={afterwards.review.grades}>
      <Card>
        <ol data-testid="grade-history" className="flex flex-col gap-3">
          {[...grades].reverse().map((revision) => (
            <Revision key={revision.revision} revision={revision} />
          ))}
        </ol>
      </Card>
    </Section>
  )
}

function Revision({ revision: { reason, score, revision, difference } }: { revision: GradeRevision }) {
  return (
    <li>
      <p className="flex items-baseline justify-between gap-4">
        <span className="font-medium">
          {revision}. {afterwards.review.reasons[reason]}
        </span>
        <span className="font-semibold tabular-nums">
          {difference?.score ? `${difference.score.old} → ${difference.score.new}` : score}
        </span>
      </p>
      {difference && difference.checks.length === 0 ? (
        <p className="text-sm text-soft">{afterwards.review.sameChecks}</p>
      ) : null}
      <ul className="mt-0.5 flex flex-col gap-0.5 text-sm">
        {difference?.checks.map((check) => (
          <li key={check.id} className="text-pretty">
            {check.ask}{' '}
            <span className="text-soft">
              {afterwards.review.changed(resultWord(check.old), resultWord(check.new))}
            </span>
          </li>
        ))}
      </ul>
    </li>
  )
}

function resultWord(result: 'shown' | 'missed' | 'unproven' | null): string {
  return result === null ? afterwards.review.noCheck : words.result[result].toLowerCase()
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  const heading = useId()
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading} className="text-xl font-semibold tracking-[-0.015em]">
        {title}
      </h2>
      <div className="mt-3">{children}</div>
    </section>
  )
}

function Card({ children }: { children: ReactNode }) {
  return <div className="rounded-2xl border border-line bg-surface p-4 sm:p-5">{children}</div>
}
