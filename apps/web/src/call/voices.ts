// The two voices of a call, with the devices that carry them.
import type { Microphone } from '../audio/capture'
import type { Speaker } from '../audio/player'
import { failure, microphoneFailure } from './failures'
import { LearnerVoice } from './learner-voice'
import { PersonaVoice } from './persona-voice'
import type { Ports } from './ports'
import type { Action, CallModel } from './reducer'
import type { Failure, FailureCode } from './types'
import type { ClientMessage } from './wire'

/** What the voices need of the call that they belong to. */
export interface Host {
  model(): CallModel
  dispatch(action: Action): void
  send(message: ClientMessage): void
  failed(failure: Failure): void
  /** The reason for one of these failures is gone. */
  recovered(...codes: FailureCode[]): void
}

/** To be created in a user gesture: it makes the audio clocks, which browsers only start then. */
export class Voices {
  readonly learner: LearnerVoice
  readonly persona: PersonaVoice
  private readonly speaker: Speaker
  private microphone: Microphone | null
  /** The audio clocks that the browser holds back. */
  private readonly blocked = new Set<'microphone' | 'speaker'>()

  constructor(
    private readonly ports: Ports,
    private readonly host: Host,
    microphone: boolean,
  ) {
    const send = (message: ClientMessage) => host.send(message)
    this.speaker = ports.speaker({
      playing: (playing) => host.dispatch({ type: 'playing', playing }),
      blocked: (blocked) => this.setBlocked('speaker', blocked),
    })
    this.microphone = microphone ? this.newMicrophone() : null
    this.learner = new LearnerVoice({
      send,
      silent: (silent) => (silent ? host.failed(failure('mic-silent')) : host.recovered('mic-silent')),
      echoGuard: ports.echoGuard,
    })
    this.persona = new PersonaVoice({
      speaker: this.speaker,
      send,
      interrupted: ({ item, playedMs, receivedMs }) =>
        host.dispatch({ type: 'interrupted', item, heardMs: playedMs, receivedMs }),
      bargedIn: (bargeInMs) => host.dispatch({ type: 'set', values: { bargeInMs } }),
    })
  }

  get levels() {
    return { input: this.microphone ? this.learner.level : 0, output: this.speaker.level }
  }

  /** Asks for the chosen microphone, or changes to it. False when there is none, or somebody thought otherwise meanwhile. */
  async openMicrophone(): Promise<boolean> {
    this.microphone ??= this.newMicrophone()
    const { microphone } = this
    try {
      await microphone.open(this.host.model().inputId)
    } catch (error) {
      if (this.microphone !== microphone) return false
      const failed = microphoneFailure(error, this.host.model().hello !== null)
      if (failed.code === 'mic-missing' && this.host.model().inputId !== '') {
        // The one that was chosen is gone: any will do.
        this.host.dispatch({ type: 'set', values: { inputId: '' } })
        return this.openMicrophone()
      }
      this.host.failed(failed)
      return false
    }
    if (this.microphone !== microphone) return false
    this.learner.deviceChanged()
    this.host.dispatch({ type: 'set', values: { microphone: true } })
    this.host.recovered('mic-refused', 'mic-missing', 'mic-busy', 'mic-unplugged', 'mic-silent')
    return true
  }

  closeMicrophone(): void {
    this.microphone?.close()
    this.microphone = null
  }

  async openSpeaker(): Promise<void> {
    const audible = await this.speaker.open(this.host.model().outputId)
    this.setBlocked('speaker', !audible)
  }

  /** A device that is gone leaves the sound where it was. */
  async chooseOutput(deviceId: string): Promise<boolean> {
    return this.speaker.setDevice(deviceId).then(
      () => true,
      () => false,
    )
  }

  /** To be called in a user gesture. */
  resume(): void {
    void this.speaker.resume()
    void this.microphone?.resume()
  }

  /** Silence, of which nobody is told. */
  hush(): void {
    void this.speaker.clear()
  }

  close(): void {
    this.closeMicrophone()
    this.speaker.close()
  }

  private newMicrophone(): Microphone {
    return this.ports.microphone({
      chunk: (chunk) => {
        const { muted, holdToTalk, talking, state } = this.host.model()
        this.learner.chunk(chunk, {
          open: !muted && (!holdToTalk || talking),
          playing: this.speaker.playing,
          yourTurn: state === 'listening',
        })
      },
      lost: () => {
        this.host.dispatch({ type: 'set', values: { inputId: '' } })
        this.host.failed(failure('mic-unplugged'))
      },
      deviceMuted: (muted) => {
        const message = 'The system, or a switch on the microphone, has muted it.'
        if (muted) this.host.failed(failure('mic-silent', { message }))
        else this.host.recovered('mic-silent')
      },
      blocked: (blocked) => this.setBlocked('microphone', blocked),
    })
  }

  private setBlocked(clock: 'microphone' | 'speaker', blocked: boolean): void {
    if (blocked) this.blocked.add(clock)
    else this.blocked.delete(clock)
    if (this.blocked.size === 0) this.host.recovered('sound-blocked')
    else if (blocked) this.host.failed(failure('sound-blocked'))
  }
}
