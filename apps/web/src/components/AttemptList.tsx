import { AudioLines, RotateCcw } from 'lucide-react'
import { Link } from 'wouter'
import type { Attempts } from '../attempts'
import { duration } from '../clock'
import { dateTime } from '../dates'
import type { CallSummary } from '../review.gen'
import { words } from '../words'
import { afterwards } from '../words-afterwards'
import { buttonLook } from './Button'
import { ScoreTrend } from './ScoreTrend'

/** Every attempt at one scenario, newest first, each leading to its review. */
export function AttemptList({ attempts }: { attempts: Attempts }) {
  const { scenarioId, title, calls, trend, best } = attempts
  const heading = `scenario-${scenarioId}`
  return (
    <section
      aria-labelledby={heading}
      data-testid={`history-${scenarioId}`}
      className="rounded-3xl border border-line bg-surface p-5 sm:p-6"
    >
      <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-4">
        <div className="min-w-0">
          <h2 id={heading} className="text-xl font-semibold tracking-[-0.015em] text-balance">
            {title}
          </h2>
          <p className="mt-1 text-sm text-soft">
            {afterwards.history.attempts(calls.length)}
            {best === null ? '' : `, ${afterwards.history.best(best)}`}
          </p>
          <Link
            href={`/call/${encodeURIComponent(scenarioId)}`}
            className={buttonLook({ kind: 'secondary' }, 'mt-3')}
          >
            <RotateCcw size={17} aria-hidden="true" />
            {words.result.again}
          </Link>
        </div>
        <ScoreTrend trend={trend} />
      </div>
      <ol className="mt-4 flex flex-col border-t border-line">
        {calls.map((call) => (
          <li key={call.id} className="border-line not-last:border-b">
            <Attempt call={call} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function Attempt({ call }: { call: CallSummary }) {
  const verdict = call.passed === null ? null : call.passed ? words.result.passed : words.result.notYet
  return (
    <Link
      href={`/calls/${call.id}`}
      data-testid="attempt"
      data-call={call.id}
      className="-mx-3 flex min-h-14 flex-wrap items-center gap-x-4 gap-y-0.5 rounded-xl px-3 py-2 hover:bg-sunken"
    >
      <span className="w-12 text-2xl font-semibold tracking-[-0.02em] tabular-nums">{call.score ?? '–'}</span>
      <span className="min-w-0 flex-1">
        <span className="block font-medium">{dateTime(call.started_at)}</span>
        <span className="block text-sm text-soft">
          {[
            verdict ?? afterwards.history.ungraded,
            duration(call.seconds),
            call.retry_of ? afterwards.history.retry : null,
          ]
            .filter((fact) => fact !== null)
            .join(' · ')}
        </span>
      </span>
      {call.audio ? (
        <AudioLines size={18} role="img" aria-label={afterwards.history.audio} className="text-soft" />
      ) : null}
    </Link>
  )
}
