// One call from the button to the grade: owns the line and the voices, and turns what they report into the model.
import type { Ended, PublicScenario } from '../contract.gen'
import { Connection, type Loss } from './connection'
import { DEVICE_FAILURES, endedBadly, failure, lossFailure } from './failures'
import { keep } from './kept'
import { browserPorts, type Ports } from './ports'
import { type Action, type CallModel, initial } from './reducer'
import { Store } from './store'
import type { Call, CallSnapshot, Failure, FailureAction, FailureCode, Gap, StartOptions } from './types'
import { Voices } from './voices'
import type { ClientMessage, Incoming } from './wire'

/** The longest text that the server takes. */
const LONGEST_TEXT = 2000
/** A turn that was only noise may get no answer; after this it is the learner's turn again. */
const ANSWER_TIMEOUT_MS = 10_000
const GRADE_TIMEOUT_MS = 20_000

interface Options extends StartOptions {
  scenario: PublicScenario
  /** The call that this browser has kept is gone on with. */
  resume: boolean
}

/** What one call holds; all of it is given back by `hangUp`. */
interface Run {
  voices: Voices
  connection: Connection | null
  /** End was pressed; the server is told again when the line breaks meanwhile. */
  ending: boolean
  /** Of the call that is gone on with, until the server says which one it is. */
  session: string | null
  /** Date.now() when the call was last heard of before it broke off, and how; null while it has not. */
  brokeOff: { at: number; why: Gap['why'] } | null
}

export function createCall(ports: Ports = browserPorts): Call {
  return new Engine(ports)
}

class Engine implements Call {
  private readonly store = new Store()
  private run: Run | null = null
  private options: Options | null = null
  private unwatch: (() => void) | null = null
  private answerTimer: ReturnType<typeof setTimeout> | undefined
  private gradeTimer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly ports: Ports) {}

  subscribe = (listener: () => void): (() => void) => this.store.subscribe(listener)

  snapshot = (): CallSnapshot => this.store.snapshot

  levels(): { input: number; output: number } {
    return this.run?.voices.levels ?? { input: 0, output: 0 }
  }

  // What the learner does

  start(scenario: PublicScenario, options: StartOptions): void {
    if (!['idle', 'ended', 'error'].includes(this.model.state)) return
    this.options = { ...options, scenario, resume: false }
    this.restart({})
  }

  resume(scenario: PublicScenario, options: Pick<StartOptions, 'user' | 'microphone'>): void {
    if (!['idle', 'ended', 'error'].includes(this.model.state)) return
    this.options = { ...options, scenario, resume: true }
    this.restart({})
  }

  tryNow(): void {
    this.run?.connection?.tryNow()
  }

  stopTrying(): void {
    if (this.run && this.model.outage) this.gone(this.run, 'lost')
  }

  end(): void {
    const { run, model } = this
    if (!run || run.ending || model.state === 'ended') return
    // After the server's end, the persona's last words are all that is left of the call.
    if (model.ended) run.voices.hush()
    else if (model.hello) this.finish(run)
    else this.reset()
  }

  private finish(run: Run): void {
    run.ending = true
    this.dispatch({ type: 'phase', phase: 'ended' })
    run.voices.closeMicrophone()
    this.awaitGrade()
    // First the server learns how much of the last reply was heard.
    void run.voices.persona.interrupt().then(() => {
      this.send({ type: 'vivavoce.end' }, run)
      run.voices.close()
    })
  }

  sendText(text: string): void {
    const { run } = this
    const line = text.trim().slice(0, LONGEST_TEXT)
    // The server keeps what comes before the persona is ready.
    if (!run || line === '' || !this.model.connected || this.isOver(run)) return
    void run.voices.persona.interrupt().then(() =>
      this.send(
        {
          type: 'conversation.item.create',
          item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: line }] },
        },
        run,
      ),
    )
  }

  setMuted(muted: boolean): void {
    this.set({ muted })
  }

  setHoldToTalk(holdToTalk: boolean): void {
    this.set({ holdToTalk, talking: false })
  }

  setTalking(talking: boolean): void {
    if (this.model.holdToTalk) this.set({ talking })
  }

  interrupt(): void {
    void this.run?.voices.persona.interrupt()
  }

  chooseInput(inputId: string): void {
    this.set({ inputId })
    if (this.run && this.model.microphone) void this.openMicrophone(this.run)
  }

  chooseOutput(outputId: string): void {
    this.set({ outputId })
    void this.run?.voices.chooseOutput(outputId).then((done) => done || this.set({ outputId: '' }))
  }

  askForHint(): void {
    const { run, model } = this
    if (!run || this.isOver(run) || !model.connected || model.hintAsked || model.hintsOver) return
    this.send({ type: 'vivavoce.hint.request' }, run)
  }

  answerQuiz(item_id: string, answer: string): void {
    if (this.model.connected) this.send({ type: 'vivavoce.quiz.answer', item_id, answer })
    else
      this.failed(failure('connection-lost', { message: 'Answers cannot be marked any more.', fatal: false }))
  }

  act(action: FailureAction): void {
    const inCall = this.run?.connection != null
    if (action === 'menu') this.reset()
    else if (action === 'resume-sound') this.run?.voices.resume()
    else if (action === 'choose-microphone') this.chooseInput('')
    else if (action === 'retry-mic' && this.run && inCall) void this.openMicrophone(this.run)
    else if (action === 'retry-mic') this.restart({ microphone: true })
    else if (action === 'type-instead' && inCall) this.typeInstead()
    else if (action === 'type-instead') this.restart({ microphone: false })
    else if (action === 'continue' || action === 'continue-here') this.restart({ resume: true })
    else if (action === 'start-again') this.restart({ resume: false, ...this.withoutRefused() })
    else this.restart({})
  }

  /** What was refused once would be refused again. */
  private withoutRefused(): Partial<Options> {
    return this.model.failure?.code === 'retry-refused' ? { from: null } : {}
  }

  reset(): void {
    this.hangUp()
    this.unwatch?.()
    this.unwatch = null
    this.store.replace({ ...initial, ...this.choices() })
  }

  // How a call begins

  private restart(changes: Partial<Options>): void {
    if (!this.options) return
    this.options = { ...this.options, ...changes }
    this.hangUp()
    const { scenario, microphone, resume } = this.options
    const phase = microphone ? 'requesting-mic' : 'connecting'
    this.store.replace({
      ...initial,
      ...this.choices(),
      scenario,
      microphone,
      phase,
      state: phase,
      resuming: resume,
    })
    this.unwatch ??= this.ports.watch({
      devicesChanged: () => void this.refreshDevices(),
      microphoneAllowed: () => this.permitted(),
      awake: () => this.tryNow(),
    })
    // Devices answer late: those of a call that was left have no say in the next one.
    const ours = () => this.run === run
    const host = {
      model: () => this.model,
      dispatch: (action: Action) => ours() && this.dispatch(action),
      send: (message: ClientMessage) => this.send(message, run),
      failed: (failed: Failure) => ours() && this.failed(failed),
      recovered: (...codes: FailureCode[]) => ours() && this.recovered(...codes),
    }
    const voices = new Voices(this.ports, host, microphone)
    const run: Run = { voices, connection: null, ending: false, session: null, brokeOff: null }
    this.run = run
    void this.prepare(run, this.options)
  }

  private async prepare(run: Run, options: Options): Promise<void> {
    if (options.microphone && !(await this.openMicrophone(run))) return
    if (run !== this.run) return
    this.dispatch({ type: 'phase', phase: 'connecting' })
    await run.voices.openSpeaker()
    if (run !== this.run) return
    const { scenario, user, from = null } = options
    const kept = options.resume ? this.ports.kept.read(scenario.id, user) : null
    if (options.resume && !kept) {
      this.failed(failure('call-over'))
      return
    }
    run.session = kept?.session ?? null
    run.brokeOff = kept && { at: kept.at, why: 'away' }
    run.connection = new Connection({ scenario: scenario.id, user, from }, kept?.token ?? null, this.ports, {
      received: (incoming) => this.received(run, incoming),
      interrupted: () => this.lineLost(run),
      trying: (next) => this.dispatch({ type: 'trying', next, now: performance.now() }),
      gone: (loss) => this.gone(run, loss),
    })
    run.connection.open()
  }

  private async openMicrophone(run: Run): Promise<boolean> {
    if (this.isOver(run)) return false
    const opened = await run.voices.openMicrophone()
    // Devices have names only once one of them was allowed.
    if (opened && run === this.run) void this.refreshDevices()
    return opened
  }

  private typeInstead(): void {
    this.run?.voices.closeMicrophone()
    this.set({ microphone: false })
    if (this.model.failure) this.recovered(this.model.failure.code)
  }

  // What the server says

  private received(run: Run, incoming: Incoming): void {
    const { phase } = this.model
    this.dispatch({ type: 'received', incoming, now: performance.now() })
    const { known } = incoming
    if (known?.type === 'vivavoce.hello') this.agree(run)
    if (known && 'seq' in known) this.keep(known.type === 'vivavoce.hello')
    if (known?.type === 'vivavoce.hello' && known.resumed) this.resumed(run)
    else if (phase === 'connecting' && this.model.phase === 'live') run.voices.learner.lineReady()
    else if (known?.type === 'vivavoce.ending') this.endingBegun(run)
    else if (known?.type === 'vivavoce.ended') this.ended(run, known)
    else if (known?.type === 'vivavoce.grade') {
      clearTimeout(this.gradeTimer)
      this.recovered('grade-late')
    }
    if (known && this.model.phase === 'live') run.voices.persona.receive(known)
  }

  /** Where the scenario keeps the sound, the server is told before the first word whether the learner agreed. */
  private agree(run: Run): void {
    const { scenario, consent } = this.model
    if (scenario?.privacy.record !== 'audio' || consent !== null) return
    // What was agreed in a call that is gone on with comes from its record.
    if (this.options?.resume) return
    this.send({ type: 'vivavoce.consent', audio: this.options?.audio ?? false }, run)
  }

  /** So that the call can be gone on with from another page. */
  private keep(greeting: boolean): void {
    if (this.options) keep(this.ports.kept, this.options.scenario.id, this.options.user, this.model, greeting)
  }

  private resumed(run: Run): void {
    const { model } = this
    const { at, why } = run.brokeOff ?? { at: Date.now(), why: 'line' }
    run.brokeOff = null
    if (model.ended) return
    if (run.ending) {
      // The server may have stopped before it heard of it.
      if (!model.ending) this.send({ type: 'vivavoce.end' })
      return
    }
    const seconds = Math.max(0, Date.now() - at) / 1000
    this.dispatch({ type: 'returned', gap: { seconds, why, spoken: model.microphone } })
    this.dispatch({ type: 'phase', phase: 'live' })
    run.voices.learner.lineReady()
  }

  /** The server takes no more words: the time was up, or End was pressed here or on the page before this one. */
  private endingBegun(run: Run): void {
    if (run.ending) return
    run.ending = true
    run.voices.closeMicrophone()
    run.voices.persona.lineLost()
    this.awaitGrade()
  }

  private ended(run: Run, ended: Ended): void {
    clearTimeout(this.gradeTimer)
    run.voices.closeMicrophone()
    // A response that was being generated is not announced as done any more.
    run.voices.persona.lineLost()
    const failed = endedBadly(ended, this.model)
    if (failed) this.failed(failed)
  }

  private lineLost(run: Run): void {
    this.dispatch({ type: 'lineLost' })
    run.brokeOff ??= { at: Date.now(), why: 'line' }
    run.voices.learner.lineLost()
    run.voices.persona.lineLost()
    if (!this.isOver(run)) this.dispatch({ type: 'phase', phase: 'reconnecting' })
  }

  private gone(run: Run, loss: Loss): void {
    run.connection?.close()
    this.dispatch({ type: 'lineLost' })
    // After the end there is nothing left to lose but the quiz, and `answerQuiz` says so.
    if (this.model.ended || !this.options) return
    const { scenario, user, from, resume } = this.options
    const kept = this.ports.kept.read(scenario.id, user)
    const session = this.model.hello?.session_id ?? run.session
    if (loss === 'call-over' && kept?.session === session) this.ports.kept.drop(scenario.id, user)
    this.failed(lossFailure(loss, { retry: from != null && !resume, kept: kept !== null }))
  }

  // Time-outs, failures, devices

  private awaitGrade(): void {
    clearTimeout(this.gradeTimer)
    this.gradeTimer = setTimeout(() => this.failed(failure('grade-late')), GRADE_TIMEOUT_MS)
  }

  private failed(failed: Failure): void {
    this.dispatch({ type: 'failed', failure: failed })
    if (failed.fatal) this.hangUp()
  }

  private recovered(...codes: FailureCode[]): void {
    const { failure } = this.model
    if (failure && !failure.fatal && codes.includes(failure.code)) this.dispatch({ type: 'recovered' })
  }

  private permitted(): void {
    if (this.model.failure?.code === 'mic-refused') this.act('retry-mic')
  }

  private async refreshDevices(): Promise<void> {
    const devices = await this.ports.listDevices()
    this.set(devices)
    if (devices.inputs.length === 0) return
    const code = this.model.failure?.code
    if (code === 'mic-missing') this.act('retry-mic')
    else if (code === 'mic-unplugged') this.act('choose-microphone')
  }

  private hangUp(): void {
    clearTimeout(this.answerTimer)
    clearTimeout(this.gradeTimer)
    const { run } = this
    this.run = null
    run?.connection?.close()
    run?.voices.close()
    this.dispatch({ type: 'lineLost' })
    this.dispatch({ type: 'playing', playing: false })
  }

  // The model

  private get model(): CallModel {
    return this.store.model
  }

  private send(message: ClientMessage, run = this.run): void {
    if (run !== this.run) return
    run?.connection?.send(message)
    this.dispatch({ type: 'sent', message, now: performance.now() })
  }

  private set(values: Partial<CallSnapshot> & { awaiting?: boolean }): void {
    this.dispatch({ type: 'set', values })
  }

  private dispatch(action: Action): void {
    const before = this.model
    this.store.dispatch(action)
    const { awaiting, state } = this.model
    if (awaiting !== before.awaiting) {
      clearTimeout(this.answerTimer)
      if (awaiting) this.answerTimer = setTimeout(() => this.set({ awaiting: false }), ANSWER_TIMEOUT_MS)
    }
    if (state !== 'ended' || before.state === 'ended') return
    // When the server ends the call, the persona may still be speaking: the state waits for that, and so does this.
    if (this.model.ended || this.model.ending) this.run?.voices.close()
    this.recovered(...DEVICE_FAILURES)
  }

  /** End was pressed, or the server ended the call. */
  private isOver(run: Run): boolean {
    return run.ending || this.model.ended !== null
  }

  private choices() {
    const { inputs, outputs, inputId, outputId, holdToTalk } = this.model
    return { inputs, outputs, inputId, outputId, holdToTalk }
  }
}
