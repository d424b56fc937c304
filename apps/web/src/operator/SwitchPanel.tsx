import { DoorClosed, DoorOpen } from 'lucide-react'
import { useState } from 'react'
import { Refusal, switchCalls } from '../api'
import { Button } from '../components/Button'
import { Sure } from '../components/Sure'
import { toast } from '../components/toast'
import type { Operation, SwitchCalls } from '../operator.gen'
import { operating } from './words'

interface SwitchPanelProps {
  operatorKey: string
  now: Operation
  onChange: (now: Operation) => void
}

/** Whether calls are taken; and the way to end those that go on. */
export function SwitchPanel({ operatorKey, now, onChange }: SwitchPanelProps) {
  const [busy, setBusy] = useState(false)
  const run = (wanted: SwitchCalls) => {
    setBusy(true)
    switchCalls(operatorKey, wanted)
      .then(onChange, (error: unknown) => {
        toast('error', error instanceof Refusal ? error.message : String(error))
      })
      .finally(() => setBusy(false))
  }
  const Icon = now.calls_open ? DoorOpen : DoorClosed
  const running = now.live.length
  return (
    <section
      data-testid="switch"
      data-open={now.calls_open}
      className="flex flex-wrap items-center gap-x-5 gap-y-4 rounded-3xl border border-line bg-surface p-5 sm:p-6"
    >
      <Icon size={28} aria-hidden="true" className="shrink-0 text-soft" />
      <div role="status" className="min-w-48 flex-1">
        <p className="text-xl font-semibold tracking-[-0.015em]">
          {now.calls_open ? operating.open : operating.closed}
        </p>
        <p className="text-soft">
          {now.calls_open ? operating.openText(running) : operating.closedText(running)}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button
          kind={now.calls_open ? 'secondary' : 'primary'}
          data-testid="switch-calls"
          disabled={busy}
          onClick={() => run({ open: !now.calls_open })}
        >
          {now.calls_open ? operating.close : operating.reopen}
        </Button>
        {running > 0 ? (
          <Sure
            title={operating.reallyEnd(running)}
            text={operating.reallyEndText}
            keep={operating.goOn}
            confirm={operating.endAll}
            testId="confirm-end-all"
            running={busy}
            onConfirm={() => run({ open: false, end_running: true })}
          >
            <Button kind="danger" data-testid="end-all" disabled={busy}>
              {operating.endAll}
            </Button>
          </Sure>
        ) : null}
      </div>
    </section>
  )
}
