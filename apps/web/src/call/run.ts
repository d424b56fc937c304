// One call from its devices to its end: it owns the line and the voices, and tells the engine what came of them.
import type { Ended, PublicScenario } from '../contract.gen'
import { Connection, type Loss } from './connection'
import { endedBadly, failure, lossFailure } from './failures'
import { keep } from './kept'
import type { Ports } from './ports'
import type { Action } from './reducer'
import type { Failure, FailureCode, Gap, RawEvent, StartOptions } from './types'
import { type Host, Voices } from './voices'
import type { Body, ClientMessage, Incoming } from './wire'

const GRADE_TIMEOUT_MS = 20_000

export interface Options extends StartOptions {
  scenario: PublicScenario
  /** The call that this browser has kept is gone on with. */
  resume: boolean
}

/** What a run needs of the engine; nothing is asked of it any more once the run was closed. */
export interface Owner extends Omit<Host, 'send'> {
  listed(direction: RawEvent['direction'], body: Body): void
  /** Devices have names only once one of them was allowed. */
  microphoneAllowed(): void
}

export class Run {
  /** End was pressed; the server is told again when the line breaks meanwhile. */
  ending = false
  readonly voices: Voices
  private connection: Connection | null = null
  /** Of the call that is gone on with, until the server says which one it is. */
  private session: string | null = null
  /** Date.now() when the call was last heard of before it broke off, and how; null while it has not. */
  private brokeOff: { at: number; why: Gap['why'] } | null = null
  private gradeTimer: ReturnType<typeof setTimeout> | undefined
  private closed = false

  /** To be created in a user gesture, as its voices are. */
  constructor(
    private readonly ports: Ports,
    private readonly owner: Owner,
    private readonly options: Options,
  ) {
    // Devices answer late: those of a call that was left have no say in the next one.
    const host: Host = {
      model: () => owner.model(),
      dispatch: (action: Action) => this.closed || owner.dispatch(action),
      send: (message: ClientMessage) => this.send(message),
      failed: (failed: Failure) => this.closed || owner.failed(failed),
      recovered: (...codes: FailureCode[]) => this.closed || owner.recovered(...codes),
    }
    this.voices = new Voices(ports, host, options.microphone)
  }

  /** The devices are there, and the server is being called. */
  get dialled(): boolean {
    return this.connection !== null
  }

  /** End was pressed, or the server ended the call. */
  get over(): boolean {
    return this.ending || this.owner.model().ended !== null
  }

  async begin(): Promise<void> {
    const { options, owner } = this
    if (options.microphone && !(await this.openMicrophone())) return
    if (this.closed) return
    owner.dispatch({ type: 'phase', phase: 'connecting' })
    await this.voices.openSpeaker()
    if (this.closed) return
    const { scenario, user, from = null } = options
    const kept = options.resume ? this.ports.kept.read(scenario.id, user) : null
    if (options.resume && !kept) {
      owner.failed(failure('call-over'))
      return
    }
    this.session = kept?.session ?? null
    this.brokeOff = kept && { at: kept.at, why: 'away' }
    this.connection = new Connection({ scenario: scenario.id, user, from }, kept?.token ?? null, this.ports, {
      received: (incoming) => this.received(incoming),
      interrupted: () => this.lineLost(),
      trying: (next) => owner.dispatch({ type: 'trying', next, now: performance.now() }),
      gone: (loss) => this.gone(loss),
    })
    this.connection.open()
  }

  async openMicrophone(): Promise<boolean> {
    if (this.over) return false
    const opened = await this.voices.openMicrophone()
    if (opened && !this.closed) this.owner.microphoneAllowed()
    return opened
  }

  send(message: ClientMessage): void {
    if (this.closed) return
    this.connection?.send(message)
    this.owner.listed('sent', message as Body)
    this.owner.dispatch({ type: 'sent', message })
  }

  tryNow(): void {
    this.connection?.tryNow()
  }

  finish(): void {
    this.ending = true
    this.owner.dispatch({ type: 'phase', phase: 'ended' })
    this.voices.closeMicrophone()
    this.awaitGrade()
    // First the server learns how much of the last reply was heard.
    void this.voices.persona.interrupt().then(() => {
      this.send({ type: 'vivavoce.end' })
      this.voices.close()
    })
  }

  /** The line is not waited for any longer. */
  gone(loss: Loss): void {
    this.connection?.close()
    this.owner.dispatch({ type: 'lineLost' })
    const model = this.owner.model()
    // After the end there is nothing left to lose but the quiz, and `answerQuiz` says so.
    if (model.ended) return
    const { scenario, user, from, resume } = this.options
    const kept = this.ports.kept.read(scenario.id, user)
    const session = model.hello?.session_id ?? this.session
    if (loss === 'call-over' && kept?.session === session) this.ports.kept.drop(scenario.id, user)
    this.owner.failed(lossFailure(loss, { retry: from != null && !resume, kept: kept !== null }))
  }

  close(): void {
    this.closed = true
    clearTimeout(this.gradeTimer)
    this.connection?.close()
    this.voices.close()
  }

  // What the server says

  private received({ body, known }: Incoming): void {
    this.owner.listed('received', body)
    if (known === null) return
    const { phase } = this.owner.model()
    this.owner.dispatch({ type: 'received', event: known, now: performance.now() })
    const live = this.owner.model().phase === 'live'
    if (known.type === 'vivavoce.hello') this.agree()
    if ('seq' in known) this.keep(known.type === 'vivavoce.hello')
    if (known.type === 'vivavoce.hello' && known.resumed) this.resumed()
    else if (phase === 'connecting' && live) this.voices.learner.lineReady()
    else if (known.type === 'vivavoce.ending') this.endingBegun()
    else if (known.type === 'vivavoce.ended') this.ended(known)
    else if (known.type === 'vivavoce.grade') {
      clearTimeout(this.gradeTimer)
      this.owner.recovered('grade-late')
    }
    if (this.owner.model().phase === 'live') this.voices.persona.receive(known)
  }

  /** Where the scenario keeps the sound, the server is told before the first word whether the learner agreed. */
  private agree(): void {
    const { scenario, consent } = this.owner.model()
    if (scenario?.privacy.record !== 'audio' || consent !== null) return
    // What was agreed in a call that is gone on with comes from its record.
    if (this.options.resume) return
    this.send({ type: 'vivavoce.consent', audio: this.options.audio ?? false })
  }

  /** So that the call can be gone on with from another page. */
  private keep(greeting: boolean): void {
    const { scenario, user } = this.options
    keep(this.ports.kept, scenario.id, user, this.owner.model(), greeting)
  }

  private resumed(): void {
    const { ended, ending, microphone } = this.owner.model()
    const { at, why } = this.brokeOff ?? { at: Date.now(), why: 'line' }
    this.brokeOff = null
    if (ended) return
    if (this.ending) {
      // The server may have stopped before it heard of it.
      if (!ending) this.send({ type: 'vivavoce.end' })
      return
    }
    const seconds = Math.max(0, Date.now() - at) / 1000
    this.owner.dispatch({ type: 'returned', gap: { seconds, why, spoken: microphone } })
    this.owner.dispatch({ type: 'phase', phase: 'live' })
    this.voices.learner.lineReady()
  }

  /** The server takes no more words: the time was up, or End was pressed here or on the page before this one. */
  private endingBegun(): void {
    if (this.ending) return
    this.ending = true
    this.voices.closeMicrophone()
    this.voices.persona.lineLost()
    this.awaitGrade()
  }

  private ended(ended: Ended): void {
    clearTimeout(this.gradeTimer)
    this.voices.closeMicrophone()
    // A response that was being generated is not announced as done any more.
    this.voices.persona.lineLost()
    const failed = endedBadly(ended, this.owner.model())
    if (failed) this.owner.failed(failed)
  }

  private lineLost(): void {
    this.owner.dispatch({ type: 'lineLost' })
    this.brokeOff ??= { at: Date.now(), why: 'line' }
    this.voices.learner.lineLost()
    this.voices.persona.lineLost()
    if (!this.over) this.owner.dispatch({ type: 'phase', phase: 'reconnecting' })
  }

  private awaitGrade(): void {
    clearTimeout(this.gradeTimer)
    this.gradeTimer = setTimeout(() => this.owner.failed(failure('grade-late')), GRADE_TIMEOUT_MS)
  }
}
