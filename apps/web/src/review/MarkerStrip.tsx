import { type KeyboardEvent, useRef, useState } from 'react'
import type { Marker } from '../review.gen'
import { afterwards } from '../words-afterwards'
import { markerIcons, markerKinds, markerName } from './marks'
import { moved, place, spots } from './timeline'

/** A marker's button, and the room it needs. */
const SIZE_PX = 32
const GAP_PX = SIZE_PX + 2

interface MarkerStripProps {
  /** By time. */
  markers: Marker[]
  length: number
  pxASecond: number
  active: Marker | null
  onMarker: (marker: Marker) => void
}

/** What happened in the call: one stop for the Tab key, and the arrow keys go from marker to marker. */
export function MarkerStrip({ markers, length, pxASecond, active, onMarker }: MarkerStripProps) {
  const [current, setCurrent] = useState(0)
  const buttons = useRef<(HTMLButtonElement | null)[]>([])
  const placed = spots(markers, length, GAP_PX / pxASecond)
  const go = (event: KeyboardEvent) => {
    const next = moved(event.key, current, markers.length)
    if (next === null) return
    event.preventDefault()
    setCurrent(next)
    buttons.current[next]?.focus()
  }
  if (markers.length === 0) return null
  return (
    <div
      role="toolbar"
      aria-label={afterwards.review.moments}
      aria-orientation="horizontal"
      onKeyDown={go}
      style={{ height: GAP_PX * (Math.max(...placed.map(({ row }) => row)) + 1) }}
      className="relative mt-2"
    >
      {markers.map((marker, index) => (
        <MarkerButton
          // biome-ignore lint/suspicious/noArrayIndexKey: markers have no id, and their order does not change
          key={index}
          marker={marker}
          button={(button) => {
            buttons.current[index] = button
          }}
          reachable={index === Math.min(current, markers.length - 1)}
          pressed={marker === active}
          left={place(placed[index]?.at ?? 0, length)}
          top={GAP_PX * (placed[index]?.row ?? 0)}
          onPress={() => {
            setCurrent(index)
            onMarker(marker)
          }}
        />
      ))}
    </div>
  )
}

interface MarkerButtonProps {
  marker: Marker
  button: (button: HTMLButtonElement | null) => void
  reachable: boolean
  pressed: boolean
  left: number
  top: number
  onPress: () => void
}

function MarkerButton({ marker, button, reachable, pressed, left, top, onPress }: MarkerButtonProps) {
  const name = markerName(marker)
  const Icon = markerIcons[marker.kind]
  return (
    <button
      ref={button}
      type="button"
      data-testid={`marker-${marker.kind}`}
      data-at={marker.at}
      data-tip={name}
      aria-label={name}
      aria-pressed={pressed}
      tabIndex={reachable ? 0 : -1}
      // The first and the last stay whole inside the strip.
      style={{
        left: `clamp(0px, calc(${100 * left}% - ${SIZE_PX / 2}px), calc(100% - ${SIZE_PX}px))`,
        top,
      }}
      className={`absolute grid size-8 place-items-center rounded-full border transition-colors ${
        pressed
          ? 'border-ink bg-ink text-paper'
          : `border-edge bg-surface hover:bg-sunken ${marker.kind === 'evidence' ? 'text-met' : 'text-ink'}`
      }`}
      onClick={onPress}
    >
      <Icon size={16} strokeWidth={2.25} aria-hidden="true" />
    </button>
  )
}

/** What the markers mean, for those that are there. */
export function Legend({ markers }: { markers: Marker[] }) {
  return (
    <ul className="mt-2 flex flex-wrap gap-x-5 gap-y-1 text-sm text-soft">
      {markerKinds
        .filter((kind) => markers.some((marker) => marker.kind === kind))
        .map((kind) => {
          const Icon = markerIcons[kind]
          return (
            <li key={kind} className="flex items-center gap-1.5">
              <Icon size={14} strokeWidth={2.25} aria-hidden="true" />
              {afterwards.review.kinds[kind]}
            </li>
          )
        })}
    </ul>
  )
}
