import { AudioLines, LoaderCircle, Printer, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'wouter'
import type { Call, CallSnapshot, Failure, FailureAction } from '../call/types'
import { duration } from '../clock'
import { Button, buttonLook } from '../components/Button'
import { FailureNotice } from '../components/FailureNotice'
import { GradeReport } from '../components/GradeReport'
import { Heading } from '../components/Heading'
import { JudgeFailed } from '../components/JudgeFailed'
import { Line } from '../components/Line'
import { Measures } from '../components/Measures'
import { OutageNotice } from '../components/OutageNotice'
import { Quiz } from '../components/Quiz'
import { ScoreRing } from '../components/ScoreRing'
import { TopBar } from '../components/TopBar'
import type { Grade, PublicScenario } from '../contract.gen'
import { evidenceByLine } from '../lines'
import { words } from '../words'

interface ResultProps {
  call: Call
  now: CallSnapshot
  scenario: PublicScenario
  /** Whether calls can be looked at afterwards. */
  reviewed: boolean
  onAct: (action: FailureAction) => void
}

/** After the call: the grade with its evidence, the quiz, and everything that was said. */
export function Result({ call, now: heard, scenario, reviewed, onAct }: ResultProps) {
  const [active, setActive] = useState<string | null>(null)
  const [regraded, setRegraded] = useState<Grade | null>(null)
  const now = { ...heard, grade: newer(heard.grade, regraded) }
  const { grade } = now
  // Of a call that nobody keeps, or can look at, there is nothing to ask for by its id.
  const kept = reviewed && now.hello?.privacy.record !== 'none' ? now.hello : null
  const callId = kept?.session_id ?? null
  const failure = lasting(now)
  const wide = grade !== null || now.quiz.length > 0
  return (
    <div className="min-h-dvh pb-16" data-testid="result">
      <TopBar />
      <main className="mx-auto flex max-w-6xl flex-col gap-8 px-4 pt-6 sm:px-8 lg:pt-10">
        {now.ended ? null : <OutageNotice call={call} outage={now.outage} />}
        {failure ? <FailureNotice failure={{ ...failure, fatal: false }} onAct={onAct} /> : null}
        <Verdict call={call} now={now} scenario={scenario} callId={callId} />
        {grade && callId ? (
          <JudgeFailed callId={callId} grade={grade} onReview={(review) => setRegraded(review.grade)} />
        ) : null}
        <div
          className={`grid items-start gap-x-10 gap-y-8 print:block ${
            wide ? 'lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]' : 'max-w-2xl'
          }`}
        >
          <div className={wide ? 'flex flex-col gap-8' : 'hidden'}>
            {grade ? <GradeReport grade={grade} active={active} onEvidence={setActive} /> : null}
            {grade ? <Measures measures={grade.measures} /> : null}
            {now.quiz.length > 0 ? (
              <Quiz
                items={now.quiz}
                marks={now.marks}
                connected={now.connected}
                callId={callId}
                onAnswer={(id, answer) => call.answerQuiz(id, answer)}
              />
            ) : null}
          </div>
          <Record now={now} persona={scenario.persona.name} active={active} />
        </div>
      </main>
    </div>
  )
}

/** What went wrong and still matters: a grade cannot be late after the server's last word. */
function lasting({ failure, ended }: CallSnapshot): Failure | null {
  return failure?.code === 'grade-late' && ended ? null : failure
}

/** A call may be graded again by the quiz, over the line, and by hand, over HTTP: the later one counts. */
function newer(a: Grade | null, b: Grade | null): Grade | null {
  if (a === null || b === null) return a ?? b
  return b.revision > a.revision ? b : a
}

function Verdict({
  call,
  now,
  scenario,
  callId,
}: Pick<ResultProps, 'call' | 'now' | 'scenario'> & { callId: string | null }) {
  const { grade, ended } = now
  const pending = grade === null && ended === null && now.failure?.code !== 'grade-late'
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
          {scenario.title}, {words.result.with(scenario.persona.name)}
        </p>
        <Heading>
          {pending ? words.result.pending : title}
          {pending ? (
            <LoaderCircle
              size={28}
              aria-hidden="true"
              className="ml-3 inline animate-spin text-soft motion-reduce:animate-none"
            />
          ) : null}
        </Heading>
        <p className="mt-2 max-w-[60ch] text-lg text-pretty">
          {grade?.closing ?? (pending ? words.result.pendingText : ended?.message)}
        </p>
        <Facts now={now} />
        <div className="mt-5 flex flex-wrap gap-2 print:hidden">
          <Button kind={pending ? 'secondary' : 'primary'} data-testid="again" onClick={() => call.reset()}>
            <RotateCcw size={17} aria-hidden="true" />
            {words.result.again}
          </Button>
          {callId && !pending ? (
            <Link
              href={`/calls/${callId}`}
              data-testid="to-review"
              className={buttonLook({ kind: 'secondary' })}
            >
              <AudioLines size={17} aria-hidden="true" />
              {words.result.review}
            </Link>
          ) : null}
          <Link href="/" className={buttonLook({ kind: 'secondary' })}>
            {words.result.others}
          </Link>
          {grade ? (
            <Button kind="quiet" className="max-sm:hidden" onClick={() => window.print()}>
              <Printer size={17} aria-hidden="true" />
              {words.result.print}
            </Button>
          ) : null}
        </div>
      </div>
    </section>
  )
}

function Facts({ now: { grade, ended } }: { now: CallSnapshot }) {
  const facts = [
    grade ? words.result.passMark(grade.pass_mark) : null,
    grade && grade.hint_cost > 0 ? words.result.hintCost(grade.points, grade.hint_cost) : null,
    ended ? words.result.length(duration(ended.seconds)) : null,
    grade && ended ? ended.message : null,
  ].filter((fact) => fact !== null)
  if (facts.length === 0) return null
  return (
    <ul className="mt-3 flex flex-wrap gap-x-5 gap-y-1 text-sm text-soft">
      {facts.map((fact) => (
        <li key={fact}>{fact}</li>
      ))}
    </ul>
  )
}

function Record({ now, persona, active }: { now: CallSnapshot; persona: string; active: string | null }) {
  const spans = evidenceByLine(now.grade)
  return (
    <section
      aria-labelledby="transcript"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: on a wide screen it is a box that scrolls
      tabIndex={0}
      className="lg:sticky lg:top-6 lg:max-h-[calc(100dvh-3rem)] lg:overflow-y-auto lg:-mx-2 lg:rounded-2xl lg:px-2 print:static print:mt-8 print:max-h-none print:overflow-visible"
    >
      <h2 id="transcript" className="text-xl font-semibold tracking-[-0.015em]">
        {words.result.transcript}
      </h2>
      {now.bubbles.length === 0 ? (
        <p className="mt-3 text-soft">{words.result.noTranscript}</p>
      ) : (
        <ol className="mt-3 flex flex-col gap-4 pb-2">
          {now.bubbles.map((line) => (
            <Line
              key={line.item_id}
              line={line}
              persona={persona}
              spans={spans.get(line.item_id)}
              active={active}
            />
          ))}
        </ol>
      )}
    </section>
  )
}
