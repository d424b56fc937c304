// The class in tables. On a phone they scroll sideways, each in its own box.
import { duration } from '../clock'
import { cell, Table } from '../components/Table'
import { dateTime } from '../dates'
import type { ClassCall, ClassCheck, ClassLearner } from '../review.gen'
import { words } from '../words'
import { afterwards } from '../words-afterwards'

export function ChecksTable({ checks, calls }: { checks: ClassCheck[]; calls: ClassCall[] }) {
  const title = (id: string) => calls.find(({ scenario_id }) => scenario_id === id)?.title ?? id
  return (
    <Table
      name={afterwards.classroom.checks}
      columns={[afterwards.classroom.check, afterwards.classroom.shown, afterwards.classroom.scenario]}
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
      <span className="min-w-16">{afterwards.classroom.of(shown, attempts)}</span>
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
  const c = afterwards.classroom
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
  const c = afterwards.classroom
  return (
    <Table name={c.calls} columns={[c.when, c.learner, c.scenario, c.length, c.score]}>
      {calls.map((call) => (
        <tr key={call.id} data-testid="class-call">
          <th scope="row" className={`${cell} font-normal whitespace-nowrap`}>
            {/* The page is loaded anew, and so asks again who uses it: the key has made that the operator. */}
            <a href={`/calls/${call.id}`} className="underline underline-offset-4">
              {dateTime(call.started_at)}
            </a>
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
