// The class in tables. On a phone they scroll sideways, each in its own box.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { duration } from '../clock'
import { dateTime } from '../dates'
import type { ClassCall, ClassCheck, ClassLearner } from '../review.gen'
import { words } from '../words'

export function ChecksTable({ checks, calls }: { checks: ClassCheck[]; calls: ClassCall[] }) {
  const title = (id: string) => calls.find(({ scenario_id }) => scenario_id === id)?.title ?? id
  return (
    <Table
      name={words.classroom.checks}
      columns={[words.classroom.check, words.classroom.shown, words.classroom.scenario]}
    >
      {checks.map((check) => (
        <tr key={`${check.scenario_id}.${check.check_id}`} data-testid="class-check">
          <th scope="row" className={`${cell} min-w-56 font-normal text-pretty`}>
            {check.ask}
          </th>
          <td className={`${cell} whitespace-nowrap tabular-nums`}>
            <Share shown={check.shown} attempts={check.attempts} />
          </td>
          <td className={`${cell} min-w-40 text-soft`}>{title(check.scenario_id)}</td>
        </tr>
      ))}
    </Table>
  )
}

function Share({ shown, attempts }: { shown: number; attempts: number }) {
  const part = attempts > 0 ? (100 * shown) / attempts : 0
  return (
    <span className="flex items-center gap-3">
      <span className="min-w-16">{words.classroom.of(shown, attempts)}</span>
      <svg
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        aria-hidden="true"
        className="h-1.5 w-20 rounded-full max-sm:hidden"
      >
        <rect width="100" height="6" className="fill-line" />
        <rect width={part} height="6" className="fill-ink" />
      </svg>
    </span>
  )
}

export function LearnersTable({ learners }: { learners: ClassLearner[] }) {
  const c = words.classroom
  return (
    <Table
      name={c.learners}
      columns={[c.learner, c.scenario, c.attempts, c.best, c.last, words.result.passed]}
    >
      {learners.flatMap(({ user, scenarios }) =>
        scenarios.map((scenario, index) => (
          <tr key={`${user}.${scenario.id}`} data-testid="class-learner">
            <th scope="row" className={`${cell} font-medium`}>
              {index === 0 ? user : <span className="sr-only">{user}</span>}
            </th>
            <td className={`${cell} min-w-40`}>{scenario.title}</td>
            <td className={`${cell} tabular-nums`}>{scenario.attempts}</td>
            <td className={`${cell} tabular-nums`}>{scenario.best ?? '–'}</td>
            <td className={`${cell} tabular-nums`}>{scenario.last ?? '–'}</td>
            <td className={cell}>{scenario.passed ? c.yes : c.no}</td>
          </tr>
        )),
      )}
    </Table>
  )
}

export function CallsTable({ calls }: { calls: ClassCall[] }) {
  const c = words.classroom
  return (
    <Table name={c.calls} columns={[c.when, c.learner, c.scenario, c.length, c.score]}>
      {calls.map((call) => (
        <tr key={call.id} data-testid="class-call">
          <th scope="row" className={`${cell} font-normal whitespace-nowrap`}>
            <Link href={`/calls/${call.id}`} className="underline underline-offset-4">
              {dateTime(call.started_at)}
            </Link>
          </th>
          <td className={cell}>{call.user}</td>
          <td className={`${cell} min-w-40`}>{call.title}</td>
          <td className={`${cell} whitespace-nowrap`}>{duration(call.seconds)}</td>
          <td className={`${cell} tabular-nums`}>{call.score ?? '–'}</td>
        </tr>
      ))}
    </Table>
  )
}

const cell = 'border-t border-line px-4 py-2.5 text-left align-top'

function Table({ name, columns, children }: { name: string; columns: string[]; children: ReactNode }) {
  return (
    <section
      aria-label={name}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
      tabIndex={0}
      className="overflow-x-auto rounded-2xl border border-line bg-surface"
    >
      <table className="w-full text-[0.9375rem]">
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column}
                scope="col"
                className="px-4 py-2.5 text-left text-sm font-medium whitespace-nowrap text-soft"
              >
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}
