// Who is on the line, and what the last month cost.
import { roughly } from '../clock'
import { cell, Table } from '../components/Table'
import type { DayTotal, LiveCall, ModelTotal, UserTotal } from '../operator.gen'
import { dollars } from './money'
import { operating as o } from './words'

const number = `${cell} whitespace-nowrap tabular-nums`
const head = `${cell} font-medium`
const whole = new Intl.NumberFormat('en-US')

export function LiveTable({ live }: { live: LiveCall[] }) {
  return (
    <Table name={o.live} columns={[o.learner, o.scenario, o.length, o.cost]}>
      {live.map((call) => (
        <tr key={call.id} data-testid="live-call">
          <th scope="row" className={head}>
            {call.user}
          </th>
          <td className={`${cell} min-w-40`}>{call.scenario}</td>
          <td className={number}>{roughly(call.seconds)}</td>
          <td className={number}>{dollars(call.dollars)}</td>
        </tr>
      ))}
    </Table>
  )
}

export function UsersTable({ users }: { users: UserTotal[] }) {
  return (
    <Table name={o.users} columns={[o.learner, o.calls, o.length, o.tokens, o.cost]}>
      {users.map((user) => (
        <tr key={user.user} data-testid="user-total">
          <th scope="row" className={head}>
            {user.user}
          </th>
          <Figures {...user} />
        </tr>
      ))}
    </Table>
  )
}

export function DaysTable({ days }: { days: DayTotal[] }) {
  return (
    <Table name={o.days} columns={[o.day, o.calls, o.length, o.tokens, o.cost]}>
      {days.toReversed().map((day) => (
        <tr key={day.day}>
          <th scope="row" className={`${head} whitespace-nowrap`}>
            {day.day}
          </th>
          <Figures {...day} />
        </tr>
      ))}
    </Table>
  )
}

export function ModelsTable({ models }: { models: ModelTotal[] }) {
  return (
    <Table name={o.models} columns={[o.model, o.calls, o.length, o.tokens, o.cost]}>
      {models.map((model) => (
        <tr key={model.model}>
          <th scope="row" className={head}>
            {model.model}
            {model.unpriced > 0 ? (
              <span className="block text-sm font-normal text-unmet">{o.unpriced(model.unpriced)}</span>
            ) : null}
          </th>
          <Figures {...model} />
        </tr>
      ))}
    </Table>
  )
}

function Figures({ calls, seconds, tokens, dollars: cost }: Omit<UserTotal, 'user'>) {
  return (
    <>
      <td className={number}>{whole.format(calls)}</td>
      <td className={number}>{roughly(seconds)}</td>
      <td className={number}>{whole.format(tokens)}</td>
      <td className={number}>{dollars(cost)}</td>
    </>
  )
}
