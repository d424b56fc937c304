// One lane of a kept call, read piece by piece: a long call is never fetched as a whole to hear one moment of it.
import { samplesStart } from './wav'

/** More than the header of any WAV that the server writes. */
const HEADER_ROOM = 512

export class LaneSource {
  private start: Promise<number> | null = null

  constructor(private readonly path: string) {}

  /** Up to `count` samples from sample `from` on; fewer at the end, none beyond it. */
  async samples(from: number, count: number): Promise<Int16Array> {
    this.start ??= this.range(0, HEADER_ROOM).then(samplesStart)
    // What failed may work next time.
    const start = await this.start.catch((error: unknown) => {
      this.start = null
      throw error
    })
    const bytes = await this.range(start + 2 * from, start + 2 * (from + count))
    return new Int16Array(bytes, 0, bytes.byteLength >> 1)
  }

  private async range(from: number, to: number): Promise<ArrayBuffer> {
    const response = await fetch(this.path, { headers: { range: `bytes=${from}-${to - 1}` } })
    if (response.status === 416) return new ArrayBuffer(0)
    if (!response.ok) throw new Error(`The sound did not arrive (${response.status}).`)
    const body = await response.arrayBuffer()
    // A proxy may know nothing of ranges and give everything.
    return response.status === 206 ? body : body.slice(from, to)
  }
}
