import { KeyFailed } from '../classroom/KeyFailed'
import { Loading } from '../components/Loading'
import { Part } from '../components/Part'
import type { Operation } from '../operator.gen'
import { Money } from './Money'
import { SwitchPanel } from './SwitchPanel'
import { DaysTable, LiveTable, ModelsTable, UsersTable } from './tables'
import { useOperation } from './useOperation'
import { operating } from './words'

export function Operations({ operatorKey, onOtherKey }: { operatorKey: string; onOtherKey: () => void }) {
  const operation = useOperation(operatorKey)
  if (operation.status === 'loading') return <Loading text={operating.loading} />
  if (operation.status === 'failed') return <KeyFailed {...operation} onOtherKey={onOtherKey} />
  const { now, stale, replace } = operation
  return (
    <div data-testid="operation" className="flex flex-col gap-10">
      {stale ? (
        <p role="alert" className="text-unmet">
          {operating.stale}
        </p>
      ) : null}
      <SwitchPanel operatorKey={operatorKey} now={now} onChange={replace} />
      <Figures now={now} />
    </div>
  )
}

export function Figures({ now }: { now: Operation }) {
  return (
    <>
      <Part title={operating.money} text={operating.moneyText(now.prices_as_of)}>
        <Money now={now} />
      </Part>
      <Part title={operating.live}>
        {now.live.length > 0 ? (
          <LiveTable live={now.live} />
        ) : (
          <p className="text-soft">{operating.nobody}</p>
        )}
      </Part>
      {now.days.length === 0 ? <p className="text-soft">{operating.nothing}</p> : <Totals now={now} />}
    </>
  )
}

function Totals({ now }: { now: Operation }) {
  return (
    <>
      <Part title={operating.users} text={operating.last}>
        <UsersTable users={now.users} />
      </Part>
      <div className="grid grid-cols-1 items-start gap-10 lg:grid-cols-2 lg:gap-6">
        <Part title={operating.days}>
          <DaysTable days={now.days} />
        </Part>
        <Part title={operating.models}>
          <ModelsTable models={now.models} />
        </Part>
      </div>
    </>
  )
}
