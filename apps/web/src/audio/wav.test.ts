import { expect, it } from 'vitest'
import { samplesStart, toWav } from './wav'

const samples = Int16Array.from([0, 1, -1, 32767, -32768])

it('writes PCM16, mono, 24 kHz, with the samples as they are', async () => {
  const bytes = await toWav(samples).arrayBuffer()
  const view = new DataView(bytes)
  expect(new TextDecoder().decode(bytes.slice(0, 4))).toBe('RIFF')
  expect(view.getUint32(4, true)).toBe(bytes.byteLength - 8)
  expect(new TextDecoder().decode(bytes.slice(8, 16))).toBe('WAVEfmt ')
  expect([view.getUint16(20, true), view.getUint16(22, true), view.getUint32(24, true)]).toEqual([
    1, 1, 24000,
  ])
  expect([view.getUint32(28, true), view.getUint16(32, true), view.getUint16(34, true)]).toEqual([
    48000, 2, 16,
  ])
  expect(view.getUint32(40, true)).toBe(10)
  expect(new Int16Array(bytes.slice(44))).toEqual(samples)
})

it('writes only the part of a larger buffer that it was given', async () => {
  const bytes = await toWav(samples.subarray(1, 3)).arrayBuffer()
  expect(new Int16Array(bytes.slice(44))).toEqual(Int16Array.from([1, -1]))
})

it('finds the samples, also behind other chunks', async () => {
  const bytes = await toWav(samples).arrayBuffer()
  expect(samplesStart(bytes)).toBe(44)
  const more = new Uint8Array(bytes.byteLength + 12)
  more.set(new Uint8Array(bytes.slice(0, 36)))
  more.set(new TextEncoder().encode('LIST'), 36)
  more[40] = 3 // an odd size is padded
  more.set(new Uint8Array(bytes.slice(36)), 48)
  expect(samplesStart(more.buffer)).toBe(56)
})

it('refuses what it could only play as noise', async () => {
  const bytes = await toWav(samples).arrayBuffer()
  expect(() => samplesStart(new TextEncoder().encode('<!doctype html>'.padEnd(60)).buffer)).toThrow('no WAV')
  expect(() => samplesStart(bytes.slice(0, 20))).toThrow('no WAV')
  const stereo = bytes.slice(0)
  new DataView(stereo).setUint16(22, 2, true)
  expect(() => samplesStart(stereo)).toThrow('mono')
})
