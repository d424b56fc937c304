import type { Measure } from '../contract.gen'
import { scale, withUnit } from '../measures'
import { measureNames, words } from '../words'

/** How the learner spoke, beside the range that is good in this lesson. */
export function Measures({ measures }: { measures: Measure[] }) {
  if (measures.length === 0) return null
  return (
    <section aria-labelledby="measures" className="print:break-inside-avoid">
      <h2 id="measures" className="text-xl font-semibold tracking-[-0.015em]">
        {words.measures.title}
      </h2>
      <dl className="mt-3 rounded-2xl border border-line bg-surface px-4 py-1 sm:px-5">
        {measures.map((measure) => (
          <div
            key={measure.id}
            data-testid={`measure-${measure.id}`}
            data-within={measure.within ?? 'none'}
            className="grid grid-cols-[1fr_auto] items-baseline gap-x-4 gap-y-1 border-line py-3 not-last:border-b"
          >
            <dt>{measureNames[measure.id]}</dt>
            <dd className="font-semibold tabular-nums">
              {measure.value === null ? (
                <span className="font-normal text-soft">{words.measures.unknown}</span>
              ) : (
                withUnit(measure.value, measure.unit)
              )}
            </dd>
            <Target measure={measure} />
          </div>
        ))}
      </dl>
    </section>
  )
}

function Target({ measure }: { measure: Measure }) {
  const { least, most, unit, within } = measure
  const drawn = scale(measure)
  const target = words.measures.target(
    least === null ? null : withUnit(least, most === null ? unit : ''),
    most === null ? null : withUnit(most, unit),
  )
  if (target === null) return null
  const verdict = within === null ? null : within ? words.measures.within : words.measures.outside
  return (
    <dd className="col-span-2 text-sm text-soft">
      {drawn ? (
        <svg
          viewBox="0 0 100 6"
          preserveAspectRatio="none"
          aria-hidden="true"
          className="mb-1.5 h-2.5 w-full rounded-full"
        >
          <rect width="100" height="6" className="fill-line" />
          <rect
            x={drawn.from * 100}
            width={(drawn.to - drawn.from) * 100}
            height="6"
            className="fill-mark-strong"
          />
          <rect x={Math.min(99, drawn.value * 100)} width="1" height="6" className="fill-ink" />
        </svg>
      ) : null}
      {verdict ? `${target}: ${verdict}` : target}
    </dd>
  )
}
