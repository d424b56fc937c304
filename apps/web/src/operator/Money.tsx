import type { Operation } from '../operator.gen'
import { dollars } from './money'
import { operating } from './words'

/** What was spent against what may be. */
export function Money({ now: { spent, caps, reserved } }: { now: Operation }) {
  const limits = [
    caps.call === null ? null : operating.perCall(dollars(caps.call)),
    caps.user_day === null ? null : operating.perDay(dollars(caps.user_day)),
  ].filter((limit) => limit !== null)
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Spent name={operating.today} amount={spent.today} cap={caps.day} />
        <Spent name={operating.month} amount={spent.month} cap={caps.month} />
      </div>
      <p className="mt-3 text-soft">{[operating.reserved(dollars(reserved)), ...limits].join('; ')}.</p>
    </>
  )
}

function Spent({ name, amount, cap }: { name: string; amount: number; cap: number | null }) {
  const part = cap === null ? null : cap > 0 ? Math.min(1, amount / cap) : 1
  return (
    <div data-testid="spent" className="rounded-2xl border border-line bg-surface p-5">
      <p className="text-soft">{name}</p>
      <p className="mt-1 flex flex-wrap items-baseline gap-x-2">
        <span className="text-[2rem] leading-tight font-semibold tracking-[-0.03em] tabular-nums">
          {dollars(amount)}
        </span>
        <span className="text-soft">{cap === null ? operating.noCap : operating.of(dollars(cap))}</span>
      </p>
      {part === null ? null : (
        <svg
          viewBox="0 0 100 6"
          preserveAspectRatio="none"
          aria-hidden="true"
          className="mt-3 h-1.5 w-full rounded-full"
        >
          <rect width="100" height="6" className="fill-line" />
          <rect width={100 * part} height="6" className={part >= 0.9 ? 'fill-unmet' : 'fill-ink'} />
        </svg>
      )}
    </div>
  )
}
