// The browser's echo canceller needs a moment: the first one or two seconds of the first reply leak into the microphone,
// and would be taken for the learner. Until then only what is clearly louder passes.

/** Peak, 0..1, that the leak stays below and a voice at the microphone does not: -20 dBFS. */
const LOUD = 0.1
const GUARDED_MS = 2000
/** A voice stays let through in its quieter syllables. */
const HOLD_MS = 300

export class EchoGuard {
  private guarded = 0
  private hold = 0

  /** Whether a chunk of `ms` may pass; `playing` tells that the persona is to be heard. */
  passes(peak: number, ms: number, playing: boolean): boolean {
    if (!playing || this.guarded >= GUARDED_MS) return true
    this.guarded += ms
    this.hold = peak >= LOUD ? HOLD_MS : this.hold - ms
    return this.hold > 0
  }
}
