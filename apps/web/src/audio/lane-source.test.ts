import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LaneSource } from './lane-source'
import { toWav } from './wav'

const samples = Int16Array.from({ length: 1000 }, (_, n) => n)
let ranges: string[]

/** A server that knows ranges, or one that does not. */
async function serve(knowsRanges: boolean) {
  const file = await toWav(samples).arrayBuffer()
  vi.stubGlobal('fetch', async (_: string, { headers }: { headers: { range: string } }) => {
    ranges.push(headers.range)
    if (!knowsRanges) return new Response(file)
    const [from = 0, to = 0] = headers.range.replace('bytes=', '').split('-').map(Number)
    if (from >= file.byteLength) return new Response(null, { status: 416 })
    return new Response(file.slice(from, to + 1), { status: 206 })
  })
}

beforeEach(() => {
  ranges = []
})
afterEach(() => vi.unstubAllGlobals())

it.each([true, false])('reads the samples that were asked for (ranges known: %s)', async (knowsRanges) => {
  await serve(knowsRanges)
  const lane = new LaneSource('/lane')
  expect(await lane.samples(100, 3)).toEqual(Int16Array.from([100, 101, 102]))
  expect(await lane.samples(998, 10)).toEqual(Int16Array.from([998, 999]))
  expect(await lane.samples(5000, 10)).toHaveLength(0)
})

it('fetches the header once, and of the rest only what is needed', async () => {
  await serve(true)
  const lane = new LaneSource('/lane')
  await lane.samples(100, 3)
  await lane.samples(0, 1)
  expect(ranges).toEqual(['bytes=0-511', 'bytes=244-249', 'bytes=44-45'])
})

it('says that the sound did not come, and can be asked again', async () => {
  vi.stubGlobal('fetch', async () => new Response(null, { status: 500 }))
  const lane = new LaneSource('/lane')
  await expect(lane.samples(0, 1)).rejects.toThrow('500')
  await serve(true)
  expect(await lane.samples(7, 1)).toEqual(Int16Array.from([7]))
})
