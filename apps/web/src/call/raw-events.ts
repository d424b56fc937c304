// The drawer's list: what went over the wire, with audio replaced by its length.
import type { RawEvent, RawEvents } from './types'
import type { Body } from './wire'

export const KEPT = 500

/** The field that holds audio, by type of event. */
const AUDIO = new Map([
  ['input_audio_buffer.append', 'audio'],
  ['response.output_audio.delta', 'delta'],
  ['response.audio.delta', 'delta'],
])

/** `events` and one more. A run of audio frames in one direction is one entry, or nothing else would be left to see. */
export function withEvent(
  events: RawEvent[],
  direction: RawEvent['direction'],
  body: Body,
  at: number,
): RawEvent[] {
  const field = AUDIO.get(body.type)
  const n = (events.at(-1)?.n ?? 0) + 1
  const entry: RawEvent = { n, at, direction, type: body.type, body, frames: 1 }
  if (field === undefined) return kept([...events, entry])

  const bytes = decodedLength(body[field])
  const run = events.findLastIndex(({ type }) => !AUDIO.has(type)) + 1
  const same = events.findIndex((event, i) => i >= run && event.type === body.type)
  const earlier = events[same]
  if (!earlier) return kept([...events, { ...entry, body: { ...body, [field]: `${bytes} bytes` } }])

  const total = Number.parseInt(String(earlier.body[field]), 10) + bytes
  const merged = {
    ...earlier,
    body: { ...earlier.body, [field]: `${total} bytes` },
    frames: earlier.frames + 1,
  }
  return events.with(same, merged)
}

function kept(events: RawEvent[]): RawEvent[] {
  return events.length > KEPT ? events.slice(-KEPT) : events
}

function decodedLength(base64: unknown): number {
  return typeof base64 === 'string' ? Math.floor((base64.length * 3) / 4) : 0
}

/** The drawer need not be drawn for each frame of audio. */
const TOLD_EVERY_MS = 200

export class RawEventLog implements RawEvents {
  private events: RawEvent[] = []
  private readonly listeners = new Set<() => void>()
  private timer: ReturnType<typeof setTimeout> | undefined

  /** `at` is in milliseconds since the call began. */
  add(direction: RawEvent['direction'], body: Body, at: number): void {
    this.replace(withEvent(this.events, direction, body, at))
  }

  clear(): void {
    this.replace([])
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  snapshot = (): RawEvent[] => this.events

  private replace(events: RawEvent[]): void {
    this.events = events
    if (this.listeners.size > 0) this.timer ??= setTimeout(() => this.tell(), TOLD_EVERY_MS)
  }

  private tell(): void {
    this.timer = undefined
    for (const listener of this.listeners) listener()
  }
}
