// From the device's blocks to the wire's chunks: mono, 24 kHz, Int16. Pure; the capture worklet is its shell.
import { RATE } from './rate'
import { Resampler } from './resampler'

export const CHUNK_MS = 40
const CHUNK = (RATE * CHUNK_MS) / 1000

export interface Chunk {
  samples: Int16Array<ArrayBuffer>
  /** The loudest sample, 0..1. */
  peak: number
}

export class Chunker {
  private readonly resampler: Resampler
  private mono = new Float32Array(128)
  private samples = new Int16Array(CHUNK)
  private filled = 0
  private peak = 0

  /** `emit` gets each whole chunk, and owns its buffer. */
  constructor(
    rate: number,
    private readonly emit: (chunk: Chunk) => void,
  ) {
    this.resampler = new Resampler(rate, RATE)
  }

  /** One block of the device. No channels, as when the source has nothing, count as `frames` of silence. */
  push(channels: readonly Float32Array[], frames: number): void {
    for (const sample of this.resampler.process(this.mix(channels, frames))) {
      const value = Math.max(-1, Math.min(1, sample))
      this.peak = Math.max(this.peak, Math.abs(value))
      this.samples[this.filled++] = Math.round(value * 32767)
      if (this.filled === CHUNK) this.flush()
    }
  }

  private flush(): void {
    const chunk = { samples: this.samples, peak: this.peak }
    this.samples = new Int16Array(CHUNK)
    this.filled = 0
    this.peak = 0
    this.emit(chunk)
  }

  private mix(channels: readonly Float32Array[], frames: number): Float32Array {
    if (this.mono.length !== frames) this.mono = new Float32Array(frames)
    this.mono.fill(0)
    for (const channel of channels) {
      for (let i = 0; i < frames; i++) {
        this.mono[i] = (this.mono[i] as number) + (channel[i] as number) / channels.length
      }
    }
    return this.mono
  }
}
