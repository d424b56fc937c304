import { failure } from '../call/failures'
import type { Call, CallSnapshot, FailureAction } from '../call/types'
import { DeviceMenu } from '../components/DeviceMenu'
import { FailureNotice } from '../components/FailureNotice'
import { Line } from '../components/Line'
import { TopBar } from '../components/TopBar'
import { words } from '../words'

interface StoppedProps {
  call: Call
  now: CallSnapshot
  persona: string
  onAct: (action: FailureAction) => void
}

/** The call cannot go on: why, what to do, and what was said so far. */
export function Stopped({ call, now, persona, onAct }: StoppedProps) {
  return (
    <div className="min-h-dvh pb-12">
      <TopBar />
      <main className="mx-auto flex max-w-3xl flex-col gap-8 px-4 pt-6 sm:px-8 sm:pt-14">
        <FailureNotice
          failure={{ ...(now.failure ?? failure('server-failed')), fatal: true }}
          onAct={onAct}
          chooser={(button) => (
            <DeviceMenu call={call} now={now}>
              {button}
            </DeviceMenu>
          )}
        />
        {now.bubbles.length > 0 ? (
          <section aria-labelledby="so-far">
            <h2 id="so-far" className="text-xl font-semibold tracking-[-0.015em]">
              {words.result.transcript}
            </h2>
            <ol className="mt-3 flex flex-col gap-4">
              {now.bubbles.map((line) => (
                <Line key={line.item_id} line={line} persona={persona} />
              ))}
            </ol>
          </section>
        ) : null}
      </main>
    </div>
  )
}
