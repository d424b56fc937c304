// The speaker: the persona's voice, with exact knowledge of how much of it was heard.
import { close, running, stopAndClose } from './context'
import type { Progress } from './playback-queue'
import workletUrl from './player.worklet.ts?worker&url'
import type { FromPlayer, ToPlayer } from './player-port'
import { RATE, toMilliseconds } from './rate'

/** A clock that the browser has stopped cannot answer; then the last known figures count. */
const CLEAR_TIMEOUT_MS = 250

/** How much of one item reached the page and the learner's ear, in milliseconds. */
export interface Heard {
  item: string
  receivedMs: number
  playedMs: number
}

export interface SpeakerEvents {
  /** The voice is to be heard, or everything that came was heard. */
  playing(playing: boolean): void
  blocked(blocked: boolean): void
}

export interface Speaker {
  readonly playing: boolean
  /** Peak of what is being played, 0..1. */
  readonly level: number
  /** Times the voice broke off because its audio came too late. */
  readonly underruns: number
  /** False when the browser will not play. */
  open(deviceId: string): Promise<boolean>
  push(item: string, samples: Int16Array<ArrayBuffer>): void
  finish(item: string): void
  finishAll(): void
  /** Silence. Answers, once it is silent, with what was heard of every item that was not played to its end. */
  clear(): Promise<Heard[]>
  setDevice(deviceId: string): Promise<void>
  /** To be called in a user gesture. */
  resume(): Promise<boolean>
  close(): void
}

/** Not in every browser yet. */
type ContextWithSink = AudioContext & { setSinkId?(deviceId: string): Promise<void> }

/** To be created in a user gesture, or the browser may refuse to start it. */
export class WorkletSpeaker implements Speaker {
  level = 0
  underruns = 0
  private readonly context: ContextWithSink = new AudioContext({
    latencyHint: 'interactive',
    sampleRate: RATE,
  })
  private readonly ready: Promise<boolean>
  private node: AudioWorkletNode | null = null
  private readonly unheard = new Map<string, Progress>()
  private clearing: Promise<Heard[]> | null = null
  private answerClear: ((items: Progress[]) => void) | null = null

  constructor(private readonly events: SpeakerEvents) {
    this.ready = this.load()
    // A call that ends before open() leaves nobody who waits for this.
    this.ready.catch(() => undefined)
  }

  get playing(): boolean {
    return this.unheard.size > 0
  }

  async open(deviceId: string): Promise<boolean> {
    const started = await this.ready.catch(() => false)
    this.context.onstatechange = () => this.events.blocked(this.context.state !== 'running')
    if (deviceId !== '') await this.setDevice(deviceId).catch(() => undefined)
    return started
  }

  push(item: string, samples: Int16Array<ArrayBuffer>): void {
    // What cannot be heard now would be heard too late: the transcript has it.
    if (!this.node || this.context.state !== 'running' || samples.length === 0) return
    const known = this.unheard.get(item)
    if (known) known.pushed += samples.length
    else this.begin({ item, pushed: samples.length, played: 0 })
    this.tell({ type: 'push', item, samples }, [samples.buffer])
  }

  finish(item: string): void {
    if (this.unheard.has(item)) this.tell({ type: 'finish', item })
  }

  finishAll(): void {
    for (const item of this.unheard.keys()) this.finish(item)
  }

  clear(): Promise<Heard[]> {
    if (this.clearing) return this.clearing
    if (!this.playing) return Promise.resolve([])
    const known = [...this.unheard.values()]
    this.unheard.clear()
    this.clearing = this.askToClear(known).then((items) => {
      this.clearing = null
      return items.map(heard)
    })
    this.stopped()
    return this.clearing
  }

  async setDevice(deviceId: string): Promise<void> {
    await this.context.setSinkId?.(deviceId)
  }

  async resume(): Promise<boolean> {
    return running(this.context)
  }

  close(): void {
    this.context.onstatechange = null
    this.unheard.clear()
    const stop: ToPlayer = { type: 'stop' }
    void (this.node ? stopAndClose(this.node, this.context, stop) : close(this.context))
  }

  private async load(): Promise<boolean> {
    const started = running(this.context)
    // Undefined on a page that is not secure.
    if (!this.context.audioWorklet) return false
    await this.context.audioWorklet.addModule(workletUrl)
    this.node = new AudioWorkletNode(this.context, 'player', { numberOfInputs: 0, outputChannelCount: [1] })
    this.node.port.onmessage = ({ data }: MessageEvent<FromPlayer>) => this.receive(data)
    this.node.connect(this.context.destination)
    return started
  }

  private receive(message: FromPlayer): void {
    if (message.type === 'cleared') {
      this.answerClear?.(message.items)
      return
    }
    if (message.type === 'progress') {
      this.underruns = message.underruns
      this.level = this.playing ? message.peak : 0
      for (const { item, played } of message.items) {
        const known = this.unheard.get(item)
        if (known) known.played = played
      }
      return
    }
    if (this.unheard.delete(message.item) && !this.playing) this.stopped()
  }

  private begin(item: Progress): void {
    const silent = !this.playing
    this.unheard.set(item.item, item)
    if (silent) this.events.playing(true)
  }

  private stopped(): void {
    this.level = 0
    this.events.playing(false)
  }

  private askToClear(known: Progress[]): Promise<Progress[]> {
    return new Promise((resolve) => {
      const answer = (items: Progress[]) => {
        clearTimeout(timer)
        this.answerClear = null
        resolve(items)
      }
      const timer = setTimeout(() => answer(known), CLEAR_TIMEOUT_MS)
      this.answerClear = answer
      this.tell({ type: 'clear' })
    })
  }

  private tell(message: ToPlayer, transfer: Transferable[] = []): void {
    this.node?.port.postMessage(message, transfer)
  }
}

function heard({ item, pushed, played }: Progress): Heard {
  return { item, receivedMs: toMilliseconds(pushed), playedMs: toMilliseconds(Math.min(played, pushed)) }
}
