// The speaker's end: it runs in a 24 kHz context, so its frames are the persona's samples.
import { PlaybackQueue } from './playback-queue'
import type { FromPlayer, ToPlayer } from './player-port'
import { STOPPED } from './stopped'

const BLOCKS_PER_REPORT = 10

class Player extends AudioWorkletProcessor {
  private readonly queue = new PlaybackQueue()
  private running = true
  private cleared: FromPlayer | null = null
  private blocks = 0
  private peak = 0

  constructor() {
    super()
    this.port.onmessage = ({ data }: MessageEvent<ToPlayer>) => this.receive(data)
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const out = outputs[0]?.[0]
    if (!out) return this.running
    this.queue.render(out)
    for (const sample of out) this.peak = Math.max(this.peak, Math.abs(sample))
    for (const item of this.queue.takeDone()) this.post({ type: 'done', item })
    if (this.queue.silent) this.answerClear()
    else if (++this.blocks % BLOCKS_PER_REPORT === 0) this.report()
    if (!this.running) this.port.postMessage(STOPPED)
    return this.running
  }

  private receive(message: ToPlayer): void {
    if (message.type === 'push') this.queue.push(message.item, message.samples)
    else if (message.type === 'finish') this.queue.finish(message.item)
    else if (message.type === 'clear') this.cleared = { type: 'cleared', items: this.queue.clear() }
    else this.running = false
  }

  /** Only when the fade is out as well: the answer means silence. */
  private answerClear(): void {
    if (this.cleared) this.post(this.cleared)
    this.cleared = null
  }

  private report(): void {
    const { underruns } = this.queue
    this.post({ type: 'progress', items: this.queue.progress(), peak: this.peak, underruns })
    this.peak = 0
  }

  private post(message: FromPlayer): void {
    this.port.postMessage(message)
  }
}

registerProcessor('player', Player)
