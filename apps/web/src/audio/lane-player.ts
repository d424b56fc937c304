// Plays the lanes of a call together, to the sample: both are put on one clock, piece by piece, a little ahead.
import { RATE } from './rate'

const FIRST_PIECE_S = 1
const PIECE_S = 5
/** How far ahead of the ear the next piece is fetched. */
const AHEAD_S = 4
/** Room between scheduling and sounding. */
const SOON_S = 0.05

export type PlayerState = 'stopped' | 'loading' | 'playing' | 'failed'

export interface Source {
  samples(from: number, count: number): Promise<Int16Array>
}

/** The loudspeaker and its clock. */
export interface Output {
  /** False when the browser will not play. */
  start(): Promise<boolean>
  now(): number
  /** Returns what silences it. */
  schedule(samples: Int16Array, when: number): () => void
}

export class LanePlayer {
  state: PlayerState = 'stopped'
  /** Grows with every wish, so that a piece that comes late is not played into another moment. */
  private wish = 0
  private at = 0
  private when: number | null = null
  /** Up to where in the call the sound was handed over. */
  private ready = 0
  /** What is still to be heard, until when, and how to silence it. */
  private sounding: { until: number; silence: () => void }[] = []
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly sources: Source[],
    private readonly seconds: number,
    private readonly output: Output,
    private readonly changed: (player: LanePlayer) => void,
  ) {}

  /** Where in the call the ear is. */
  position(): number {
    if (this.when === null) return this.at
    return Math.min(this.ready, this.at + Math.max(0, this.output.now() - this.when))
  }

  async play(from: number): Promise<void> {
    this.silence()
    const wish = ++this.wish
    this.at = Math.min(Math.max(0, from), this.seconds)
    this.become('loading')
    try {
      const started = await this.output.start()
      if (wish !== this.wish) return
      if (!started) throw new Error('The browser does not play sound now.')
      await this.run(wish)
    } catch {
      if (wish === this.wish) this.end('failed')
    }
  }

  stop(): void {
    if (this.state === 'stopped') return
    this.wish += 1
    this.at = this.position()
    this.end('stopped')
  }

  private async run(wish: number): Promise<void> {
    const last = Math.ceil(this.seconds * RATE)
    let from = Math.round(this.at * RATE)
    let next = 0
    while (from < last) {
      const count = Math.min(last - from, RATE * (this.when === null ? FIRST_PIECE_S : PIECE_S))
      const start = from
      const pieces = await Promise.all(this.sources.map((source) => source.samples(start, count)))
      if (wish !== this.wish) return
      next = this.inTime(next, from)
      this.hand(pieces, next)
      this.ready = (from + count) / RATE
      if (this.state !== 'playing') this.become('playing')
      from += count
      next += count / RATE
      await this.until(next - AHEAD_S)
      if (wish !== this.wish) return
    }
    await this.until(next)
    if (wish !== this.wish) return
    this.at = this.seconds
    this.end('stopped')
  }

  private hand(pieces: Int16Array[], when: number): void {
    // What was heard need not be held any more: an hour of sound is large.
    this.sounding = this.sounding.filter(({ until }) => until > this.output.now())
    for (const piece of pieces) {
      if (piece.length === 0) continue
      const silence = this.output.schedule(piece, when)
      this.sounding.push({ until: when + piece.length / RATE, silence })
    }
  }

  /** When the piece at sample `from` sounds; the first one, or one that came too late, sets the clock anew. */
  private inTime(next: number, from: number): number {
    const soon = this.output.now() + SOON_S
    if (this.when !== null && next >= this.output.now()) return next
    this.at = from / RATE
    this.when = soon
    return soon
  }

  private until(when: number): Promise<void> {
    const wait = 1000 * (when - this.output.now())
    if (wait <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.timer = setTimeout(() => resolve(this.until(when)), wait)
    })
  }

  private end(state: PlayerState): void {
    this.silence()
    this.become(state)
  }

  private silence(): void {
    clearTimeout(this.timer)
    for (const { silence } of this.sounding) silence()
    this.sounding = []
    this.when = null
  }

  private become(state: PlayerState): void {
    this.state = state
    this.changed(this)
  }
}
