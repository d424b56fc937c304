import type { Attempts } from '../attempts'
import { afterwards } from '../words-afterwards'

const WIDTH = 240
const HEIGHT = 72
const EDGE = 7

/** The scores of one scenario's attempts, from the first to the last, and the mark to reach. */
export function ScoreTrend({ trend }: { trend: Attempts['trend'] }) {
  const last = trend.at(-1)
  if (trend.length < 2 || !last) return null
  const x = (index: number) => EDGE + (index * (WIDTH - 2 * EDGE)) / (trend.length - 1)
  const y = (score: number) => HEIGHT - EDGE - (score * (HEIGHT - 2 * EDGE)) / 100
  const points = trend.map(({ id, score }, index) => ({ id, x: x(index), y: y(score) }))
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      data-testid="trend"
      aria-label={afterwards.history.trend(
        trend.map(({ score }) => score),
        last.passMark,
      )}
      className="h-[72px] w-full max-w-60 overflow-visible"
    >
      <line
        x1="0"
        x2={WIDTH}
        y1={y(last.passMark)}
        y2={y(last.passMark)}
        strokeDasharray="3 4"
        className="stroke-edge"
      />
      <polyline
        points={points.map((point) => `${point.x},${point.y}`).join(' ')}
        fill="none"
        strokeWidth="2"
        strokeLinejoin="round"
        className="stroke-ink"
      />
      {points.map((point, index) => (
        <circle
          key={point.id}
          cx={point.x}
          cy={point.y}
          r={index === points.length - 1 ? 5 : 3.5}
          className="fill-ink stroke-surface"
          strokeWidth="2"
        />
      ))}
    </svg>
  )
}
