import { words } from '../words'

const radius = 52
const around = 2 * Math.PI * radius

/** The score as a ring, with a notch at the pass mark. */
export function ScoreRing({ score, passMark }: { score: number; passMark: number }) {
  return (
    <div
      role="img"
      aria-label={words.result.score(score)}
      className="relative grid size-40 shrink-0 place-items-center"
    >
      <svg viewBox="-5 -5 130 130" aria-hidden="true" className="absolute inset-0 -rotate-90 fill-none">
        <circle cx="60" cy="60" r={radius} strokeWidth="7" className="stroke-line" />
        <circle
          cx="60"
          cy="60"
          r={radius}
          strokeWidth="7"
          strokeLinecap="round"
          strokeDasharray={`${(around * score) / 100} ${around}`}
          className={score > 0 ? 'stroke-ink' : 'stroke-none'}
        />
        <line
          x1="117.5"
          x2="124"
          y1="60"
          y2="60"
          strokeWidth="2.5"
          transform={`rotate(${passMark * 3.6} 60 60)`}
          className="stroke-soft"
        />
      </svg>
      <p aria-hidden="true" className="text-center leading-none">
        <span className="block text-[3.25rem] font-semibold tracking-[-0.04em] tabular-nums">{score}</span>
        <span className="text-sm text-soft">{words.result.outOf}</span>
      </p>
    </div>
  )
}
