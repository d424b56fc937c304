// What the persona says, waiting to be heard. Pure; the player worklet is its shell.
// Every figure counts frames at 24 kHz that were really rendered: `played` is what the learner could hear.
import { RATE } from './rate'

/** Audio that must wait before playing starts, so that a late delta leaves no gap: 60 ms. */
export const PREBUFFER = (RATE * 60) / 1000
/** An interrupted voice fades out instead of clicking: 4 ms. */
export const FADE = (RATE * 4) / 1000

/** How much of one item was received and heard, in frames. */
export interface Progress {
  item: string
  pushed: number
  played: number
}

interface Item extends Progress {
  /** No more audio will come for it. */
  finished: boolean
}

export class PlaybackQueue {
  /** Times the voice had to stop because its audio came too late. */
  underruns = 0
  private chunks: { item: Item; samples: Int16Array; at: number }[] = []
  private waiting = 0
  private playing = false
  private fade: Float32Array | null = null
  /** Items that are not done, oldest first. */
  private open: Item[] = []

  push(item: string, samples: Int16Array): void {
    if (samples.length === 0) return
    const target = this.find(item) ?? this.begin(item)
    target.pushed += samples.length
    this.waiting += samples.length
    this.chunks.push({ item: target, samples, at: 0 })
  }

  /** The end of `item` was announced. */
  finish(item: string): void {
    const target = this.find(item) ?? this.begin(item)
    target.finished = true
  }

  /** Stops at once. Answers with every item that was not done; the fade counts as played, because it is heard. */
  clear(): Progress[] {
    if (this.playing) {
      const tail = new Float32Array(FADE)
      const length = this.take(tail)
      for (let i = 0; i < length; i++) tail[i] = (tail[i] as number) * (1 - (i + 1) / length)
      this.fade = tail.subarray(0, length)
    }
    const progress = this.progress()
    this.chunks = []
    this.open = []
    this.waiting = 0
    this.playing = false
    return progress
  }

  /** Fills `out` with the next frames, and with silence where there are none. */
  render(out: Float32Array): void {
    out.fill(0)
    if (this.fade) {
      const part = this.fade.subarray(0, out.length)
      out.set(part)
      this.fade = this.fade.length > part.length ? this.fade.subarray(part.length) : null
      return
    }
    this.playing ||= this.canStart()
    if (!this.playing) return
    if (this.take(out) < out.length) {
      this.playing = false
      if (this.open.some((item) => !item.finished)) this.underruns += 1
    }
  }

  /** Items that were heard to their end since the last call. */
  takeDone(): string[] {
    const done = this.open.filter((item) => item.finished && item.played >= item.pushed)
    if (done.length > 0) this.open = this.open.filter((item) => !done.includes(item))
    return done.map(({ item }) => item)
  }

  progress(): Progress[] {
    return this.open.map(({ item, pushed, played }) => ({ item, pushed, played }))
  }

  get silent(): boolean {
    return !this.playing && this.fade === null
  }

  private canStart(): boolean {
    // A reply shorter than the prebuffer starts when it is complete.
    return this.waiting >= PREBUFFER || (this.waiting > 0 && this.chunks.at(-1)?.item.finished === true)
  }

  /** Moves up to `out.length` frames out of the queue; answers how many. */
  private take(out: Float32Array): number {
    let count = 0
    let chunk = this.chunks[0]
    while (chunk && count < out.length) {
      const length = Math.min(out.length - count, chunk.samples.length - chunk.at)
      for (let i = 0; i < length; i++) out[count + i] = (chunk.samples[chunk.at + i] as number) / 32768
      chunk.at += length
      chunk.item.played += length
      count += length
      if (chunk.at === chunk.samples.length) this.chunks.shift()
      chunk = this.chunks[0]
    }
    this.waiting -= count
    return count
  }

  private find(item: string): Item | undefined {
    return this.open.find((known) => known.item === item)
  }

  private begin(item: string): Item {
    const begun = { item, pushed: 0, played: 0, finished: false }
    this.open.push(begun)
    return begun
  }
}
