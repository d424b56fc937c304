import { ZoomIn, ZoomOut } from 'lucide-react'
import { type CSSProperties, useLayoutEffect, useRef, useState } from 'react'
import { clock } from '../clock'
import { Button } from '../components/Button'
import type { Marker, Review } from '../review.gen'
import { afterwards } from '../words-afterwards'
import { Lanes } from './Lanes'
import { Legend, MarkerStrip } from './MarkerStrip'
import { markerName } from './marks'
import { Scrubber } from './Scrubber'
import { callLength, inOrder, ticks } from './timeline'
import type { Hearing } from './useHearing'

const ZOOMS = [1, 2, 4, 8]
/** Below this a second is too narrow to see who speaks; a phone scrolls instead. */
const LEAST_PX_A_SECOND = 2.5
const TICK_PX = 72
/** The last time stays whole. */
const LABEL_PX = 36

interface TimelineProps {
  review: Review
  hearing: Hearing
  active: Marker | null
  onMarker: (marker: Marker) => void
}

/** The call from left to right: who spoke when, and what happened. */
export function Timeline({ review, hearing, active, onMarker }: TimelineProps) {
  const length = callLength(review)
  const markers = inOrder(review.markers)
  const [zoom, setZoom] = useState(0)
  const { box, width } = useWidth()
  const factor = ZOOMS[zoom] ?? 1
  const inner: CSSProperties = { width: `calc(max(100%, ${length * LEAST_PX_A_SECOND}px) * ${factor})` }
  return (
    <section
      aria-labelledby="timeline"
      data-testid="timeline"
      className="rounded-3xl border border-line bg-surface p-4 sm:p-5 print:hidden"
    >
      <header className="flex items-center gap-2">
        <h2 id="timeline" className="flex-1 text-xl font-semibold tracking-[-0.015em]">
          {afterwards.review.timeline}
        </h2>
        <Button
          kind="quiet"
          size="icon"
          aria-label={afterwards.review.zoomOut}
          disabled={zoom === 0}
          onClick={() => setZoom(zoom - 1)}
        >
          <ZoomOut size={19} aria-hidden="true" />
        </Button>
        <Button
          kind="quiet"
          size="icon"
          aria-label={afterwards.review.zoomIn}
          disabled={zoom === ZOOMS.length - 1}
          onClick={() => setZoom(zoom + 1)}
        >
          <ZoomIn size={19} aria-hidden="true" />
        </Button>
      </header>
      {hearing.kept ? <Scrubber hearing={hearing} length={length} /> : <NotKept review={review} />}
      <section
        aria-label={afterwards.review.lanes}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
        tabIndex={0}
        className="mt-3 overflow-x-auto rounded-xl pb-2"
      >
        <div ref={box} style={inner} className="relative">
          <Lanes review={review} length={length} hearing={hearing} />
          <MarkerStrip
            markers={markers}
            length={length}
            pxASecond={width / length}
            active={active}
            onMarker={onMarker}
          />
          <ol aria-hidden="true" className="relative mt-1 h-5 text-xs text-soft tabular-nums">
            {ticks(length, width / TICK_PX, LABEL_PX / (width / length)).map((at) => (
              <li
                key={at}
                style={{ left: `${(100 * at) / length}%` }}
                className="absolute border-l border-line pl-1"
              >
                {clock(at)}
              </li>
            ))}
          </ol>
        </div>
      </section>
      <p role="status" className="mt-2 min-h-6 text-sm text-pretty" data-testid="active-marker">
        {active ? (
          markerName(active)
        ) : (
          <span className="text-soft">{afterwards.review.pick(markers.length)}</span>
        )}
      </p>
      <Legend markers={markers} />
    </section>
  )
}

function NotKept({ review }: { review: Review }) {
  const asked = review.scenario.privacy.record === 'audio'
  return (
    <p data-testid="no-audio" className="text-sm text-soft">
      {asked ? afterwards.review.notAgreed : afterwards.review.notKept}
    </p>
  )
}

function useWidth() {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(1000)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const sizes = new ResizeObserver(([entry]) => entry && setWidth(Math.max(1, entry.contentRect.width)))
    sizes.observe(element)
    return () => sizes.disconnect()
  }, [])
  return { box, width }
}
