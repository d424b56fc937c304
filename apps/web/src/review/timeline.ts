// Where things lie on the timeline of a call. Times are seconds of the call, places are parts (0..1) of its length.
import type { Lane } from '../api'
import type { Line } from '../contract.gen'
import type { Marker, Review } from '../review.gen'

export interface Bar {
  itemId: string
  lane: Lane
  from: number
  to: number
  /** The other one cut in at its end. */
  cut: boolean
}

/** Never 0, so that places can be told. The quiz may be answered long after the call: it makes no call longer. */
export function callLength({ call, lines, markers, audio }: Review): number {
  const ends = [...lines, ...markers.filter(({ kind }) => kind !== 'quiz')].map(({ at, until }) =>
    Math.max(at, until),
  )
  return Math.max(1, call.seconds, audio?.seconds ?? 0, ...ends)
}

/** Lines that a retry took over from an earlier call: they were not said in this one. */
export function isTakenOver(line: Line): boolean {
  return line.item_id.startsWith('vv_seed_')
}

/** What was said, as stretches of its speaker's lane. A typed line takes no time: its stretch has no length. */
export function bars(lines: Line[], length: number): Bar[] {
  const own = lines.filter((line) => !isTakenOver(line))
  return own.map((line) => ({
    itemId: line.item_id,
    lane: line.role === 'user' ? 'learner' : 'persona',
    from: place(line.at, length),
    to: place(Math.max(line.at, line.until), length),
    cut: line.interrupted,
  }))
}

export function place(seconds: number, length: number): number {
  return Math.min(1, Math.max(0, seconds / length))
}

/** By time, and those of one moment in the order of the server: the way the arrow keys go. */
export function inOrder(markers: Marker[]): Marker[] {
  return [...markers].sort((a, b) => a.at - b.at)
}

export interface Spot {
  /** Seconds of the call. */
  at: number
  row: number
}

/**
 * Where each marker is drawn, so that none covers another: what came close together goes below. What was never shown has
 * no moment; all of it stands at the end of the call, and spreads to the left from there.
 */
export function spots(markers: Marker[], length: number, gap: number): Spot[] {
  const never = markers.filter(isMissing)
  const side = Math.max(1, Math.min(never.length, Math.floor(length / gap)))
  const wanted = markers.map((marker, index) => {
    const nth = never.indexOf(marker)
    return { index, at: nth === -1 ? Math.min(marker.at, length) : length - gap * (side - 1 - (nth % side)) }
  })
  wanted.sort((a, b) => a.at - b.at)
  const row = rows(
    wanted.map(({ at }) => at),
    gap,
  )
  const placed: Spot[] = markers.map(({ at }) => ({ at, row: 0 }))
  wanted.forEach(({ index, at }, order) => {
    placed[index] = { at, row: row[order] ?? 0 }
  })
  return placed
}

/** A check that nothing in the call has to do with. */
export function isMissing({ kind, item_id }: Marker): boolean {
  return kind === 'missed' && item_id === null
}

/** A row for each time, so that no two in one row are nearer than `gap` (but for rounding). The times rise. */
export function rows(times: number[], gap: number): number[] {
  const ends: number[] = []
  return times.map((at) => {
    const free = ends.findIndex((end) => at - end >= gap - 1e-9)
    const row = free === -1 ? ends.length : free
    ends[row] = at
    return row
  })
}

/** Which of `count` things in a row has the focus after a key; null when the key is not for moving. */
export function moved(key: string, index: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return Math.min(count - 1, index + 1)
    case 'ArrowLeft':
    case 'ArrowUp':
      return Math.max(0, index - 1)
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return null
  }
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600]

/** Round times for the axis, at most `most` of them after 0, none nearer to the end than `room` seconds. */
export function ticks(length: number, most: number, room = 0): number[] {
  const few = Math.max(1, most)
  const step = STEPS.find((candidate) => length / candidate <= few) ?? Math.ceil(length / few)
  const last = Math.max(0, Math.floor((length - room) / step))
  return Array.from({ length: last + 1 }, (_, n) => n * step)
}

/** The line that is being said at a moment: of two, the one that began later. Null in a silence. */
export function lineAt(lines: Line[], seconds: number): string | null {
  const said = lines.filter((line) => line.at <= seconds && seconds < Math.max(line.until, line.at + 0.5))
  return (
    said.reduce<Line | null>((last, line) => (last && last.at > line.at ? last : line), null)?.item_id ?? null
  )
}
