// From the microphone's chunks to the wire: pre-roll, mute, hold-to-talk, and noticing a microphone that gives nothing.
import { CHUNK_MS, type Chunk } from '../audio/chunker'
import { EchoGuard } from '../audio/echo-guard'
import { joined, toBase64 } from '../audio/pcm'
import { RATE } from '../audio/rate'
import type { ClientMessage } from './wire'

/** Speech that came before the line was ready is kept, the newest 3 s of it: within the burst the server allows. */
const PRE_ROLL = 3000 / CHUNK_MS
/** A quiet room is not zero, and a voice is far above this. */
const NOTHING = 0.0005
const SOMETHING = 0.01
const SILENT_AFTER_MS = 5000

interface Options {
  send(message: ClientMessage): void
  /** Nothing was heard of the learner for 5 s of their turn, or they are heard after all. */
  silent(silent: boolean): void
  echoGuard: boolean
}

/** What is going on while a chunk comes in. */
export interface Moment {
  /** The learner's voice may pass: not muted, and the talk key held if there is one. */
  open: boolean
  playing: boolean
  yourTurn: boolean
}

export class LearnerVoice {
  /** Peak of what is sent, 0..1. */
  level = 0
  private ready = false
  private preRoll: Int16Array[] = []
  private readonly guard: EchoGuard | null
  private silentMs = 0
  /** Once it was heard, a microphone works, and silence is the learner's own. */
  private wasHeard = false

  constructor(private readonly options: Options) {
    this.guard = options.echoGuard ? new EchoGuard() : null
  }

  chunk({ samples, peak }: Chunk, moment: Moment): void {
    const passes = moment.open && (this.guard?.passes(peak, CHUNK_MS, moment.playing) ?? true)
    // Silence instead of nothing: the server's speech detector needs it to see that a turn is over.
    const sent = passes ? samples : new Int16Array(samples.length)
    this.level = passes ? peak : 0
    if (moment.open) this.listenForNothing(peak, moment.yourTurn)
    if (this.ready) this.send(sent)
    else this.preRoll = [...this.preRoll, sent].slice(-PRE_ROLL)
  }

  /** The server takes audio from now on: first what was said before. */
  lineReady(): void {
    this.ready = true
    // In pieces of a second, because the server counts events as well.
    for (const piece of joined(this.preRoll, RATE)) this.send(piece)
    this.preRoll = []
  }

  lineLost(): void {
    this.ready = false
  }

  /** Another microphone may give nothing again. */
  deviceChanged(): void {
    this.wasHeard = false
    this.silentMs = 0
  }

  private send(samples: Int16Array): void {
    this.options.send({ type: 'input_audio_buffer.append', audio: toBase64(samples) })
  }

  private listenForNothing(peak: number, yourTurn: boolean): void {
    if (this.wasHeard) return
    if (peak >= SOMETHING) {
      this.wasHeard = true
      if (this.silentMs >= SILENT_AFTER_MS) this.options.silent(false)
    } else if (yourTurn && peak < NOTHING && this.silentMs < SILENT_AFTER_MS) {
      this.silentMs += CHUNK_MS
      if (this.silentMs >= SILENT_AFTER_MS) this.options.silent(true)
    }
  }
}
