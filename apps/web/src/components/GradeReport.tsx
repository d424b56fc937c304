import { Check, Circle } from 'lucide-react'
import type { CheckResult, CriterionResult, Grade } from '../contract.gen'
import { evidenceId, lineAnchor } from '../lines'
import { words } from '../words'

interface GradeReportProps {
  grade: Grade
  active: string | null
  /** A quote was followed to its line. */
  onEvidence: (id: string) => void
}

/** The criteria with their checks: what was shown, with the words that show it, and what to try instead. */
export function GradeReport({ grade, active, onEvidence }: GradeReportProps) {
  return (
    <section aria-labelledby="criteria">
      <h2 id="criteria" className="text-xl font-semibold tracking-[-0.015em]">
        {words.result.criteria}
      </h2>
      <div className="mt-3 flex flex-col gap-3">
        {grade.criteria.map((criterion) => (
          <Criterion key={criterion.id} criterion={criterion} active={active} onEvidence={onEvidence} />
        ))}
      </div>
    </section>
  )
}

interface CriterionProps {
  criterion: CriterionResult
  active: string | null
  onEvidence: (id: string) => void
}

function Criterion({ criterion, active, onEvidence }: CriterionProps) {
  return (
    <article className="rounded-2xl border border-line bg-surface p-4 sm:p-5 print:break-inside-avoid">
      <header className="flex items-baseline justify-between gap-4">
        <div className="flex flex-wrap items-baseline gap-x-3">
          <h3 className="font-semibold">{criterion.name}</h3>
          {criterion.gate ? <span className="text-sm text-soft">{words.result.gate}</span> : null}
        </div>
        <span className="font-semibold tabular-nums">{criterion.score}</span>
      </header>
      <svg
        viewBox="0 0 100 1"
        preserveAspectRatio="none"
        aria-hidden="true"
        className="mt-2 h-1 w-full overflow-hidden rounded-full"
      >
        <rect width="100" height="1" className="fill-line" />
        <rect width={criterion.score} height="1" className="fill-ink" />
      </svg>
      <ul className="mt-4 flex flex-col gap-4">
        {criterion.checks.map((check) => (
          <CheckRow key={check.id} check={check} active={active} onEvidence={onEvidence} />
        ))}
      </ul>
    </article>
  )
}

/** Beside the transcript, the line comes to the reader; on a phone it is below, and the link (with the way back) leads there. */
function goToLine(itemId: string): boolean {
  const line = document.getElementById(lineAnchor(itemId))
  if (!line || !matchMedia('(min-width: 64rem)').matches) return false
  line.scrollIntoView({ block: 'nearest' })
  line.focus({ preventScroll: true })
  return true
}

interface CheckRowProps {
  check: CheckResult
  active: string | null
  onEvidence: (id: string) => void
}

function CheckRow({ check, active, onEvidence }: CheckRowProps) {
  const shown = check.result === 'shown'
  const Icon = shown ? Check : Circle
  return (
    <li className="flex gap-3">
      <Icon
        size={20}
        strokeWidth={shown ? 2.5 : 1.75}
        role="img"
        aria-label={shown ? words.result.shown : words.result.missed}
        className={`mt-0.5 shrink-0 ${shown ? 'text-met' : 'text-soft'}`}
      />
      <div className="min-w-0 flex-1">
        <p>{check.ask}</p>
        {check.evidence.map((evidence, index) => {
          const id = evidenceId(check.id, index)
          return (
            <a
              key={id}
              href={`#${encodeURIComponent(lineAnchor(evidence.item_id))}`}
              data-testid="evidence"
              data-item-id={evidence.item_id}
              onClick={(event) => {
                onEvidence(id)
                if (goToLine(evidence.item_id)) event.preventDefault()
              }}
              className="flex min-h-11 w-fit items-center py-1 font-voice text-[1.0625rem] leading-snug"
            >
              <q
                className={`rounded-sm box-decoration-clone px-1 ${active === id ? 'bg-mark-strong' : 'bg-mark'}`}
              >
                {evidence.quote}
              </q>
            </a>
          )
        })}
        {check.advice ? (
          <p className="mt-1.5 text-[0.9375rem] text-soft text-pretty">
            <span className="font-medium text-ink">{words.result.instead}:</span> {check.advice}
          </p>
        ) : null}
      </div>
    </li>
  )
}
