import { expect, it } from 'vitest'
import { KEPT, withEvent } from './raw-events'
import type { RawEvent } from './types'

const append = { type: 'input_audio_buffer.append', audio: 'A'.repeat(2560) }
const delta = { type: 'response.output_audio.delta', delta: 'A'.repeat(400), item_id: 'i' }

function listed(...bodies: ({ type: string } & Record<string, unknown>)[]): RawEvent[] {
  return bodies.reduce<RawEvent[]>((events, body) => withEvent(events, 'sent', body, 7), [])
}

it('replaces audio by its length', () => {
  expect(listed(append)).toEqual([
    {
      n: 1,
      at: 7,
      direction: 'sent',
      type: append.type,
      body: { type: append.type, audio: '1920 bytes' },
      frames: 1,
    },
  ])
})

it('makes one entry of a run of audio, also when both sides speak at once', () => {
  const events = listed(append, delta, append, delta, append)
  expect(events.map(({ type, frames }) => [type, frames])).toEqual([
    [append.type, 3],
    [delta.type, 2],
  ])
  expect(events[0]?.body.audio).toBe('5760 bytes')
  expect(events[1]?.body).toEqual({ ...delta, delta: '600 bytes' })
})

it('begins a new entry after any other event', () => {
  expect(listed(append, { type: 'error' }, append).map(({ frames }) => frames)).toEqual([1, 1, 1])
})

it('keeps the last ones, with numbers that go on', () => {
  const events = listed(...Array.from({ length: KEPT + 20 }, (_, i) => ({ type: `t${i}` })))
  expect(events).toHaveLength(KEPT)
  expect(events[0]?.n).toBe(21)
  expect(events.at(-1)?.n).toBe(KEPT + 20)
})

it('is not misled by types that every object has', () => {
  expect(listed({ type: 'constructor' }, { type: '__proto__' })).toHaveLength(2)
})
