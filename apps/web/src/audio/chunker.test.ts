import { expect, it } from 'vitest'
import { type Chunk, Chunker } from './chunker'

function chunked(rate: number, blocks: Float32Array[][]): Chunk[] {
  const chunks: Chunk[] = []
  const chunker = new Chunker(rate, (chunk) => chunks.push(chunk))
  for (const channels of blocks) chunker.push(channels, channels[0]?.length ?? 128)
  return chunks
}

const loud = (value: number) => new Float32Array(128).fill(value)

it('makes chunks of 40 ms, and tells the peak of each', () => {
  const blocks = Array.from({ length: 375 }, (_, i) => [loud(i < 187 ? 0 : 0.5)])
  const chunks = chunked(48000, blocks)
  expect(chunks).toHaveLength(24)
  expect(chunks.every(({ samples }) => samples.length === 960)).toBe(true)
  expect(chunks[0]?.peak).toBe(0)
  expect(chunks[20]?.peak).toBeCloseTo(0.5, 3)
  expect(chunks[20]?.samples[100]).toBeCloseTo(16384, -1)
})

it('mixes channels to one', () => {
  const chunks = chunked(
    24000,
    Array.from({ length: 20 }, () => [loud(0.6), loud(-0.2)]),
  )
  expect(chunks[1]?.samples[500]).toBe(Math.round(0.2 * 32767))
})

it('clips what is too loud instead of letting it wrap around', () => {
  const chunks = chunked(
    24000,
    Array.from({ length: 20 }, () => [loud(1.7)]),
  )
  expect(chunks[1]?.samples[500]).toBe(32767)
})

it('goes on with silence when the source has nothing', () => {
  const chunks = chunked(
    48000,
    Array.from({ length: 30 }, () => []),
  )
  expect(chunks.length).toBeGreaterThan(0)
  expect(chunks[0]?.samples.every((sample) => sample === 0)).toBe(true)
})
