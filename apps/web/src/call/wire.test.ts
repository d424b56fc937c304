import { expect, it } from 'vitest'
import { read } from './wire'

it('knows an event by its type and its fields', () => {
  const body = { type: 'response.done', response: { id: 'r1' }, more: 1 }
  expect(read(JSON.stringify(body))).toEqual({ body, known: body })
})

it.each([
  ['a type of its own', { type: 'rate_limits.updated' }],
  ['a field that is not there', { type: 'response.output_audio.delta', delta: 'AAAA' }],
  ['a field that is something else', { type: 'vivavoce.grade', seq: '1', grade: {} }],
  ['null for an object', { type: 'response.done', response: null }],
  ['a name that every object has', { type: 'constructor' }],
])('only lists what the page cannot rely on: %s', (_, body) => {
  expect(read(JSON.stringify(body))).toEqual({ body, known: null })
})

it.each(['', '{', '[]', '3', 'null', '{"type":3}', '{}'])('takes %j for no event at all', (frame) => {
  expect(read(frame)).toBeNull()
})

it('takes a binary frame for no event', () => {
  expect(read(new ArrayBuffer(2))).toBeNull()
})

it('reads the older names', () => {
  const old = { type: 'response.audio.delta', item_id: 'i', response_id: 'r', delta: 'AAAA' }
  const incoming = read(JSON.stringify(old))
  expect(incoming?.known?.type).toBe('response.output_audio.delta')
  expect(incoming?.body.type).toBe('response.audio.delta')
})
