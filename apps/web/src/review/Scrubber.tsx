import { LoaderCircle, Pause, Play } from 'lucide-react'
import { clock } from '../clock'
import { Button } from '../components/Button'
import { afterwards } from '../words-afterwards'
import { type Hearing, usePosition } from './useHearing'

/** Play and pause, and a slider to any moment. */
export function Scrubber({ hearing, length }: { hearing: Hearing; length: number }) {
  const at = usePosition(hearing)
  const on = hearing.state === 'playing' || hearing.state === 'loading'
  const Icon = hearing.state === 'loading' ? LoaderCircle : on ? Pause : Play
  const atEnd = at >= length - 0.05
  return (
    <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1">
      <Button
        data-testid="play"
        data-state={hearing.state}
        size="snug"
        onClick={() => (on ? hearing.stop() : hearing.play(atEnd ? 0 : at))}
      >
        <Icon
          size={18}
          aria-hidden="true"
          className={hearing.state === 'loading' ? 'animate-spin motion-reduce:animate-none' : ''}
        />
        {on ? afterwards.review.pause : afterwards.review.play}
      </Button>
      <input
        type="range"
        aria-label={afterwards.review.position}
        aria-valuetext={afterwards.review.positionText(clock(at), clock(length))}
        min={0}
        max={length}
        step={1}
        value={at}
        onChange={(event) => hearing.play(Number(event.target.value))}
        className="h-11 min-w-24 flex-1 accent-ink"
      />
      <span className="text-sm text-soft tabular-nums" data-testid="position">
        {clock(at)} / {clock(length)}
      </span>
      {hearing.state === 'failed' ? (
        <p role="alert" className="w-full text-sm text-unmet">
          {afterwards.review.noSound}
        </p>
      ) : null}
    </div>
  )
}
