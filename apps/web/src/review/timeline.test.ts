import { describe, expect, it } from 'vitest'
import { line } from '../call/fakes'
import { review } from '../fixtures/reviews'
import type { Marker } from '../review.gen'
import { bars, callLength, inOrder, lineAt, moved, place, rows, spots, ticks } from './timeline'

const said = (id: string, role: 'user' | 'assistant', at: number, until: number) => ({
  ...line(id, role, 'words', at),
  at,
  until,
})
const marker = (kind: Marker['kind'], at: number): Marker => ({
  kind,
  at,
  until: at,
  item_id: null,
  label: '',
  ref: null,
})

describe('the length of a call', () => {
  it('reaches to the last thing that happened in it', () => {
    const call = { ...review.call, seconds: 10 }
    const empty = { ...review, call, lines: [], markers: [], audio: null }
    expect(callLength(empty)).toBe(10)
    expect(callLength({ ...empty, lines: [said('a', 'user', 9, 12.5)] })).toBe(12.5)
    expect(callLength({ ...empty, markers: [marker('missed', 13)] })).toBe(13)
    expect(callLength({ ...empty, markers: [marker('quiz', 300)] })).toBe(10)
    expect(callLength({ ...empty, audio: { learner: true, persona: true, seconds: 14 } })).toBe(14)
  })

  it('is never 0', () => {
    const call = { ...review.call, seconds: 0 }
    expect(callLength({ ...review, call, lines: [], markers: [], audio: null })).toBe(1)
  })
})

describe('bars', () => {
  it('lie in their speaker’s lane, as long as they were said', () => {
    const [a, b] = bars([said('a', 'assistant', 0, 5), said('b', 'user', 5, 7.5)], 10)
    expect(a).toEqual({ itemId: 'a', lane: 'persona', from: 0, to: 0.5, cut: false })
    expect(b).toEqual({ itemId: 'b', lane: 'learner', from: 0.5, to: 0.75, cut: false })
  })

  it('take no time for what was typed, and never run backwards', () => {
    const [typed, odd] = bars([said('a', 'user', 4, 4), said('b', 'user', 6, 5)], 10)
    expect([typed?.from, typed?.to]).toEqual([0.4, 0.4])
    expect([odd?.from, odd?.to]).toEqual([0.6, 0.6])
  })

  it('leave out what a retry took over: it was not said in this call', () => {
    expect(bars([said('vv_seed_1', 'user', 0, 0), said('a', 'user', 1, 2)], 10)).toHaveLength(1)
  })

  it('show where the other one cut in', () => {
    expect(bars([{ ...said('a', 'assistant', 0, 5), interrupted: true }], 10)[0]?.cut).toBe(true)
  })
})

it('keeps every place inside the timeline', () => {
  expect([place(-1, 10), place(5, 10), place(11, 10)]).toEqual([0, 0.5, 1])
})

describe('markers', () => {
  it('go by time, and keep the server’s order within a moment', () => {
    const [late, first, second] = [marker('quiz', 9), marker('evidence', 3), marker('missed', 3)]
    expect(inOrder([late, first, second])).toEqual([first, second, late])
  })

  it('that would cover each other get rows of their own', () => {
    expect(rows([0, 1, 2, 10], 5)).toEqual([0, 1, 2, 0])
    expect(rows([0, 5, 10], 5)).toEqual([0, 0, 0])
    expect(rows([], 5)).toEqual([])
  })

  it('never come nearer than the gap within a row', () => {
    const times = [0, 0, 0.4, 1, 1.1, 2.5, 2.5, 3, 7, 7.2, 9]
    const placed = rows(times, 1.5)
    for (const row of new Set(placed)) {
      const own = times.filter((_, index) => placed[index] === row)
      for (let i = 1; i < own.length; i++)
        expect(own[i] as number).toBeGreaterThanOrEqual((own[i - 1] as number) + 1.5 - 1e-6)
    }
  })
})

describe('the spots of the markers', () => {
  it('are where they happened; what was never shown stands side by side at the end', () => {
    const markers = [
      marker('evidence', 10),
      marker('missed', 100),
      marker('missed', 100),
      marker('missed', 100),
    ]
    expect(spots(markers, 100, 5)).toEqual([
      { at: 10, row: 0 },
      { at: 90, row: 0 },
      { at: 95, row: 0 },
      { at: 100, row: 0 },
    ])
  })

  it('go below where there is no room beside', () => {
    const markers = [marker('quiz', 99), ...[1, 2, 3].map(() => marker('missed', 100))]
    expect(spots(markers, 100, 60).map(({ at, row }) => [at, row])).toEqual([
      [99, 0],
      [100, 1],
      [100, 2],
      [100, 3],
    ])
  })

  it('stay inside the call', () => {
    expect(spots([marker('quiz', 300)], 100, 5)).toEqual([{ at: 100, row: 0 }])
  })

  it('leave a missed check at the words that missed it', () => {
    const [spot] = spots([{ ...marker('missed', 20), item_id: 'item_1' }], 100, 5)
    expect(spot).toEqual({ at: 20, row: 0 })
  })
})

describe('the keys', () => {
  it('go from marker to marker and stop at the ends', () => {
    expect(moved('ArrowRight', 0, 3)).toBe(1)
    expect(moved('ArrowRight', 2, 3)).toBe(2)
    expect(moved('ArrowLeft', 2, 3)).toBe(1)
    expect(moved('ArrowLeft', 0, 3)).toBe(0)
    expect(moved('Home', 2, 3)).toBe(0)
    expect(moved('End', 0, 3)).toBe(2)
  })

  it('that are not for moving are left to others', () => {
    expect(['Enter', 'Tab', 'a'].map((key) => moved(key, 1, 3))).toEqual([null, null, null])
  })
})

it('puts round times on the axis, no more than there is room for', () => {
  expect(ticks(60, 4)).toEqual([0, 15, 30, 45, 60])
  expect(ticks(61, 4)).toEqual([0, 30, 60])
  expect(ticks(3, 10)).toEqual([0, 1, 2, 3])
  expect(ticks(60, 4, 1)).toEqual([0, 15, 30, 45])
  expect(ticks(10, 0, 60)).toEqual([0])
  expect(ticks(9000, 3).length).toBeLessThanOrEqual(4)
})

describe('the line that is heard', () => {
  const lines = [said('a', 'assistant', 0, 5), said('b', 'user', 4, 6), said('typed', 'user', 8, 8)]

  it('is the one that is being said; where both speak, the later', () => {
    expect(lineAt(lines, 1)).toBe('a')
    expect(lineAt(lines, 4.5)).toBe('b')
    expect(lineAt(lines, 5.5)).toBe('b')
  })

  it('is none in a silence', () => {
    expect(lineAt(lines, 7)).toBeNull()
  })

  it('is a typed one for a moment', () => {
    expect(lineAt(lines, 8.2)).toBe('typed')
  })
})
