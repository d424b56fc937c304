import { useEffect, useState } from 'react'
import type { CallSnapshot } from '../call/types'
import { clock } from '../clock'
import { words } from '../words'

/** What is left of the call, counted down here between the server's own reminders. */
export function TimeLeft({ now, maxSeconds }: { now: CallSnapshot; maxSeconds: number }) {
  const left = useSecondsLeft(now, maxSeconds)
  return (
    <p className="flex shrink-0 items-baseline gap-1.5">
      <span
        data-testid="time-left"
        className={`text-lg tabular-nums ${left <= 60 ? 'font-bold' : 'font-medium'}`}
      >
        {clock(left)}
      </span>
      <span className="text-sm text-soft">{words.call.timeLeft}</span>
    </p>
  )
}

function useSecondsLeft({ startedAt, secondsLeft, connected }: CallSnapshot, maxSeconds: number): number {
  const [time, setTime] = useState(() => performance.now())
  useEffect(() => {
    // Without a line nobody knows whether the clock runs; with it, the server says.
    if (startedAt === null || !connected) return
    setTime(performance.now())
    const timer = setInterval(() => setTime(performance.now()), 1000)
    return () => clearInterval(timer)
  }, [startedAt, connected])
  if (startedAt === null) return secondsLeft ?? maxSeconds
  return Math.max(0, maxSeconds - (time - startedAt) / 1000)
}
