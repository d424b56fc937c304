// A short spoken answer: the microphone, opened for as long as somebody speaks.
import { CaptureMicrophone, type Microphone, type MicrophoneEvents } from './capture'
import { CHUNK_MS } from './chunker'
import { joined } from './pcm'
import { RATE } from './rate'

/** The longest answer, in seconds; then it ends by itself. */
export const LONGEST_ANSWER_S = 15

export interface DictationEvents {
  /** Seconds so far and how loud it is, 0..1. */
  heard(seconds: number, peak: number): void
  /** The longest answer was reached, or the device went away: what came until then is the answer. */
  full(): void
}

export class Dictation {
  private readonly microphone: Microphone
  private chunks: Int16Array[] = []
  private stopped = false

  /** To be created in a user gesture. */
  constructor(
    private readonly events: DictationEvents,
    open: (events: MicrophoneEvents) => Microphone = (to) => new CaptureMicrophone(to),
  ) {
    this.microphone = open({
      chunk: ({ samples, peak }) => this.add(samples, peak),
      lost: () => this.stopped || this.events.full(),
      deviceMuted: () => undefined,
      blocked: () => undefined,
    })
  }

  /** Throws what the microphone's open() throws. */
  start(): Promise<void> {
    return this.microphone.open('')
  }

  /** What was said. */
  stop(): Int16Array {
    this.stopped = true
    this.microphone.close()
    return joined(this.chunks, LONGEST_ANSWER_S * RATE)[0] ?? new Int16Array(0)
  }

  private add(samples: Int16Array, peak: number): void {
    if (this.stopped) return
    this.chunks.push(samples)
    const seconds = (this.chunks.length * CHUNK_MS) / 1000
    this.events.heard(seconds, peak)
    if (seconds >= LONGEST_ANSWER_S) this.events.full()
  }
}
