import { ArrowDownLeft, ArrowUpRight, Copy } from 'lucide-react'
import { memo, useDeferredValue, useState, useSyncExternalStore } from 'react'
import type { RawEvent, RawEvents } from '../call/types'
import { words } from '../words'
import { Button } from './Button'
import { Sheet } from './Sheet'
import { toast } from './toast'

type Direction = 'all' | RawEvent['direction']

interface EventsDrawerProps {
  onClose: () => void
  events: RawEvents
}

/** The raw events of the call, newest first. */
export function EventsDrawer({ onClose, events }: EventsDrawerProps) {
  return (
    <Sheet
      onClose={onClose}
      title={words.events.title}
      className="inset-0 sm:left-auto sm:w-[27rem] sm:border-l lg:bottom-[4.75rem]"
    >
      <EventsPanel events={events} />
    </Sheet>
  )
}

function EventsPanel({ events: { subscribe, snapshot } }: { events: RawEvents }) {
  const events = useSyncExternalStore(subscribe, snapshot)
  const [text, setText] = useState('')
  const [direction, setDirection] = useState<Direction>('all')
  // Events come many a second: the list may lag behind, the call may not.
  const known = useDeferredValue(events)
  const shown = known.filter((event) => matches(event, text.trim().toLowerCase(), direction)).reverse()
  return (
    <>
      <div className="flex gap-2 px-5 pt-2">
        <input
          type="search"
          aria-label={words.events.filter}
          placeholder={words.events.filter}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="min-h-11 min-w-0 flex-1 rounded-xl border border-edge bg-surface px-3 placeholder:text-soft"
        />
        <select
          aria-label={words.events.direction}
          value={direction}
          onChange={(event) => setDirection(event.target.value as Direction)}
          className="min-h-11 rounded-xl border border-edge bg-surface px-2"
        >
          <option value="all">{words.events.all}</option>
          <option value="sent">{words.events.sent}</option>
          <option value="received">{words.events.received}</option>
        </select>
      </div>
      <div className="flex items-center justify-between px-5 py-1 text-sm text-soft">
        <span>{words.events.count(shown.length, events.length)}</span>
        <Button kind="quiet" size="snug" className="-mr-3" onClick={() => copy([...shown].reverse())}>
          <Copy size={15} aria-hidden="true" />
          {words.events.copyAll}
        </Button>
      </div>
      {shown.length === 0 ? (
        <p className="px-5 py-8 text-center text-soft">{words.events.none}</p>
      ) : (
        <ul
          data-testid="events-list"
          className="min-h-0 flex-1 overflow-y-auto border-t border-line px-2 py-1"
        >
          {shown.map((event) => (
            <EventRow key={event.n} event={event} />
          ))}
        </ul>
      )}
    </>
  )
}

const EventRow = memo(function EventRow({ event }: { event: RawEvent }) {
  const [open, setOpen] = useState(false)
  const Arrow = event.direction === 'sent' ? ArrowUpRight : ArrowDownLeft
  return (
    <li className="[contain-intrinsic-size:auto_36px] [content-visibility:auto]">
      <details onToggle={(toggle) => setOpen(toggle.currentTarget.open)}>
        <summary className="flex min-h-9 items-center gap-2.5 rounded-lg px-3 text-sm hover:bg-sunken">
          <Arrow size={15} aria-label={words.events[event.direction]} className="shrink-0 text-soft" />
          <span className="min-w-0 flex-1 truncate font-mono text-[0.8125rem]">{event.type}</span>
          {event.frames > 1 ? <span className="text-xs text-soft">×{event.frames}</span> : null}
          <span className="text-xs text-soft tabular-nums">{(event.at / 1000).toFixed(2)}</span>
        </summary>
        {open ? (
          <div className="relative mx-3 mb-2">
            <pre className="overflow-x-auto rounded-lg bg-sunken p-3 pr-14 text-xs leading-relaxed whitespace-pre-wrap">
              {JSON.stringify(event.body, null, 2)}
            </pre>
            <Button
              kind="quiet"
              size="icon"
              className="absolute top-0 right-0"
              aria-label={words.events.copy}
              onClick={() => copy(event.body)}
            >
              <Copy size={15} aria-hidden="true" />
            </Button>
          </div>
        ) : null}
      </details>
    </li>
  )
})

function matches(event: RawEvent, text: string, direction: Direction): boolean {
  if (direction !== 'all' && event.direction !== direction) return false
  return text === '' || event.type.includes(text) || JSON.stringify(event.body).toLowerCase().includes(text)
}

async function copy(value: unknown): Promise<void> {
  try {
    await navigator.clipboard.writeText(JSON.stringify(value, null, 2))
    toast('success', words.events.copied)
  } catch {
    toast('error', words.events.notCopied)
  }
}
