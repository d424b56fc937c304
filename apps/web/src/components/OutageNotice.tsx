import { Unplug } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Call, Outage } from '../call/types'
import { words } from '../words'
import { Button } from './Button'

/**
 * The line to the server is broken: what happens, when, and what can be done. Most breaks are over with the first try;
 * until then the state says enough.
 */
export function OutageNotice({ call, outage }: { call: Call; outage: Outage | null }) {
  if (outage === null || (outage.failed === 0 && outage.farewell === null)) return null
  const { farewell, answer, nextTry } = outage
  return (
    <section
      data-testid="outage"
      data-voice="reconnecting"
      className="stage flex flex-wrap items-center gap-x-4 gap-y-2 rounded-3xl px-4 py-3 sm:px-5"
    >
      <Unplug size={22} aria-hidden="true" className="shrink-0 text-soft" />
      <div className="min-w-48 flex-1">
        <div role="alert">
          <h2 className="font-semibold">{farewell === null ? words.outage.lost : words.outage.restarting}</h2>
          <p className="text-sm text-soft">{answer ?? farewell ?? words.outage.lostText}</p>
        </div>
        <p data-testid="next-try" className="text-sm font-medium tabular-nums">
          <NextTry at={nextTry} />
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button data-testid="try-now" onClick={() => call.tryNow()}>
          {words.outage.tryNow}
        </Button>
        <Button data-testid="stop-trying" onClick={() => call.stopTrying()}>
          {words.outage.stop}
        </Button>
      </div>
    </section>
  )
}

function NextTry({ at }: { at: number | null }) {
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    if (at === null) return
    setNow(performance.now())
    const timer = setInterval(() => setNow(performance.now()), 250)
    return () => clearInterval(timer)
  }, [at])
  if (at === null) return words.outage.trying
  return words.outage.next(Math.max(1, Math.ceil((at - now) / 1000)))
}
