import { expect, it } from 'vitest'
import { fromBase64, joined, toBase64 } from './pcm'
import { toMilliseconds } from './rate'

it('is little-endian PCM16 in base64, as the Realtime API has it', () => {
  expect(toBase64(Int16Array.of(1, -2, 256))).toBe('AQD+/wAB')
  expect(fromBase64('AQD+/wAB')).toEqual(Int16Array.of(1, -2, 256))
})

it('brings back a second of every value', () => {
  const samples = Int16Array.from({ length: 24000 }, (_, i) => (i * 7919) % 65536)
  expect(fromBase64(toBase64(samples))).toEqual(samples)
})

it('writes only its own part of a shared buffer', () => {
  expect(toBase64(Int16Array.of(9, 1, -2, 256, 9).subarray(1, 4))).toBe('AQD+/wAB')
})

it('leaves out half a sample, and refuses what is not base64', () => {
  expect(fromBase64('AQD+')).toEqual(Int16Array.of(1))
  expect(() => fromBase64('*')).toThrow()
})

it('joins chunks into pieces of bounded length', () => {
  const pieces = joined([Int16Array.of(1, 2, 3), Int16Array.of(4, 5)], 4)
  expect(pieces).toEqual([Int16Array.of(1, 2, 3, 4), Int16Array.of(5)])
  expect(joined([], 4)).toEqual([])
})

it('counts whole milliseconds that were really there', () => {
  expect(toMilliseconds(24000)).toBe(1000)
  expect(toMilliseconds(47)).toBe(1)
})
