import type { Review } from '../review.gen'
import { words } from '../words'
import { type Bar, bars, place } from './timeline'
import { type Hearing, usePosition } from './useHearing'

interface LanesProps {
  review: Review
  length: number
  hearing: Hearing
}

/** Two lanes with what each said; the transcript says the same in words, so they are for the eye only. */
export function Lanes({ review, length, hearing }: LanesProps) {
  const all = bars(review.lines, length)
  return (
    <div aria-hidden="true" className="relative flex flex-col gap-1.5 pt-1">
      <Lane name={words.call.you} color="bg-listening" bars={all.filter(({ lane }) => lane === 'learner')} />
      <Lane
        name={review.scenario.persona.name}
        color="bg-speaking"
        bars={all.filter(({ lane }) => lane === 'persona')}
      />
      {hearing.kept ? <Playhead hearing={hearing} length={length} /> : null}
    </div>
  )
}

function Lane({ name, color, bars }: { name: string; color: string; bars: Bar[] }) {
  return (
    <div>
      <p className="sticky left-0 ml-1 w-fit text-xs text-soft">{name}</p>
      <div className="relative h-6 rounded-md bg-sunken">
        {bars.map((bar) => (
          <span
            key={bar.itemId}
            style={{ left: `${100 * bar.from}%`, width: `${100 * (bar.to - bar.from)}%` }}
            className={`absolute inset-y-0 min-w-1 ${color} ${bar.cut ? 'rounded-l-md border-r-2 border-ink' : 'rounded-md'}`}
          />
        ))}
      </div>
    </div>
  )
}

function Playhead({ hearing, length }: { hearing: Hearing; length: number }) {
  const at = usePosition(hearing)
  return (
    <span
      style={{ left: `${100 * place(at, length)}%` }}
      className="absolute -bottom-1 top-0 w-0.5 -translate-x-1/2 bg-ink"
    />
  )
}
