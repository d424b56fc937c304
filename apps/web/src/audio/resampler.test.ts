import { describe, expect, it } from 'vitest'
import { Resampler } from './resampler'

function sine(hz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from(
    { length: rate * seconds },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rate),
  )
}

function inBlocks(from: number, to: number, input: Float32Array, sizes: number[]): Float32Array {
  const resampler = new Resampler(from, to)
  const output: number[] = []
  for (let at = 0, n = 0; at < input.length; n++) {
    const size = sizes[n % sizes.length] as number
    output.push(...resampler.process(input.subarray(at, at + size)))
    at += size
  }
  return Float32Array.from(output)
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)
}

/** dB of `output` over its difference from the ideal sine, away from the start. */
function snr(output: Float32Array, hz: number, rate: number): number {
  const ideal = sine(hz, rate, 2).subarray(0, output.length)
  const error = output.map((x, i) => x - (ideal[i] as number))
  return 20 * Math.log10(rms(ideal.subarray(200)) / rms(error.subarray(200)))
}

describe('Resampler', () => {
  it.each([
    [48000, 1000],
    [44100, 1000],
    [44100, 9000],
    [96000, 3000],
    [16000, 1000],
    [24000, 5000],
  ])('carries a sine from %i Hz to 24 kHz at %i Hz unchanged, sample for sample', (rate, hz) => {
    const output = inBlocks(rate, 24000, sine(hz, rate, 1), [128])
    expect(output.length).toBeGreaterThan(23900)
    expect(snr(output, hz, 24000)).toBeGreaterThan(55)
  })

  it.each([44100, 48000])('gives the same from %i Hz whatever the blocks are', (rate) => {
    const input = sine(440, rate, 0.5)
    const whole = inBlocks(rate, 24000, input, [input.length])
    const pieces = inBlocks(rate, 24000, input, [128, 1, 127, 441, 7])
    expect(pieces).toEqual(whole)
  })

  it('keeps its pace for a minute: no sample too many or too few', () => {
    const resampler = new Resampler(44100, 24000)
    const block = new Float32Array(441)
    let count = 0
    for (let i = 0; i < 6000; i++) count += resampler.process(block).length
    const held = 60 * 24000 - count
    expect(held).toBeGreaterThanOrEqual(0)
    expect(held).toBeLessThan(24)
  })

  it('takes away what 24 kHz cannot hold, instead of folding it down', () => {
    const output = inBlocks(48000, 24000, sine(13000, 48000, 0.5), [128])
    expect(20 * Math.log10(rms(output.subarray(200)) / rms(sine(13000, 48000, 0.5)))).toBeLessThan(-50)
  })
})
