import type { CriterionResult, Evidence, Grade } from '../contract.gen'
import { words } from '../words'
import { CheckRow } from './CheckRow'

interface GradeReportProps {
  grade: Grade
  active: string | null
  /** A quote was followed to its line. */
  onEvidence: (id: string, evidence: Evidence) => void
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
  onEvidence: (id: string, evidence: Evidence) => void
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
