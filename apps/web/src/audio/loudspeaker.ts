// The review's loudspeaker: pieces of sound at moments of the audio clock.
import { close, running } from './context'
import type { Output } from './lane-player'
import { RATE } from './rate'

export class Loudspeaker implements Output {
  private context: AudioContext | null = null

  /** To be called in a user gesture the first time, or the browser may refuse. */
  start(): Promise<boolean> {
    this.context ??= new AudioContext({ sampleRate: RATE })
    return running(this.context)
  }

  now(): number {
    return this.context?.currentTime ?? 0
  }

  schedule(samples: Int16Array, when: number): () => void {
    const { context } = this
    if (!context) return () => undefined
    const buffer = context.createBuffer(1, samples.length, RATE)
    buffer.copyToChannel(
      Float32Array.from(samples, (sample) => sample / 32768),
      0,
    )
    const source = new AudioBufferSourceNode(context, { buffer })
    source.connect(context.destination)
    source.onended = () => source.disconnect()
    source.start(when)
    return () => source.stop()
  }

  close(): void {
    if (this.context) void close(this.context)
    this.context = null
  }
}
