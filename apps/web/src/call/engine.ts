// The page's calls, one after another: what the learner does, and the model that comes of it and of the call's run.
import type { PublicScenario } from '../contract.gen'
import { DEVICE_FAILURES, failure } from './failures'
import { browserPorts, type Ports } from './ports'
import { RawEventLog } from './raw-events'
import { type Action, type CallModel, initial } from './reducer'
import { type Options, type Owner, Run } from './run'
import { Store } from './store'
import type { Call, CallSnapshot, Failure, FailureAction, FailureCode, StartOptions } from './types'

/** The longest text that the server takes. */
const LONGEST_TEXT = 2000
/** A turn that was only noise may get no answer; after this it is the learner's turn again. */
const ANSWER_TIMEOUT_MS = 10_000

export function createCall(ports: Ports = browserPorts): Call {
  return new Engine(ports)
}

class Engine implements Call {
  readonly events = new RawEventLog()
  private readonly store = new Store()
  private run: Run | null = null
  private options: Options | null = null
  private unwatch: (() => void) | null = null
  private answerTimer: ReturnType<typeof setTimeout> | undefined
  private readonly owner: Owner = {
    model: () => this.model,
    dispatch: (action) => this.dispatch(action),
    listed: (direction, body) => {
      const now = performance.now()
      this.events.add(direction, body, Math.round(now - (this.model.startedAt ?? now)))
    },
    microphoneAllowed: () => void this.refreshDevices(),
    failed: (failed) => this.failed(failed),
    recovered: (...codes) => this.recovered(...codes),
  }

  constructor(private readonly ports: Ports) {}

  subscribe = (listener: () => void): (() => void) => this.store.subscribe(listener)

  snapshot = (): CallSnapshot => this.model

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
    this.run?.tryNow()
  }

  stopTrying(): void {
    if (this.model.outage) this.run?.gone('lost')
  }

  end(): void {
    const { run, model } = this
    if (!run || run.ending || model.state === 'ended') return
    // After the server's end, the persona's last words are all that is left of the call.
    if (model.ended) run.voices.hush()
    else if (model.hello) run.finish()
    else this.reset()
  }

  sendText(text: string): void {
    const { run } = this
    const line = text.trim().slice(0, LONGEST_TEXT)
    // The server keeps what comes before the persona is ready.
    if (!run || line === '' || !this.model.connected || run.over) return
    void run.voices.persona.interrupt().then(() =>
      run.send({
        type: 'conversation.item.create',
        item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: line }] },
      }),
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
    if (this.model.microphone) void this.run?.openMicrophone()
  }

  chooseOutput(outputId: string): void {
    this.set({ outputId })
    void this.run?.voices.chooseOutput(outputId).then((done) => done || this.set({ outputId: '' }))
  }

  askForHint(): void {
    const { run, model } = this
    if (!run || run.over || !model.connected || model.hintAsked || model.hintsOver) return
    run.send({ type: 'vivavoce.hint.request' })
  }

  answerQuiz(item_id: string, answer: string): void {
    if (this.model.connected) this.run?.send({ type: 'vivavoce.quiz.answer', item_id, answer })
    else
      this.failed(failure('connection-lost', { message: 'Answers cannot be marked any more.', fatal: false }))
  }

  act(action: FailureAction): void {
    const { run } = this
    const inCall = run?.dialled ?? false
    if (action === 'menu') this.reset()
    else if (action === 'resume-sound') run?.voices.resume()
    else if (action === 'choose-microphone') this.chooseInput('')
    else if (action === 'retry-mic' && inCall) void run?.openMicrophone()
    else if (action === 'retry-mic') this.restart({ microphone: true })
    else if (action === 'type-instead' && inCall) this.typeInstead()
    else if (action === 'type-instead') this.restart({ microphone: false })
    else if (action === 'continue' || action === 'continue-here') this.restart({ resume: true })
    else if (action === 'start-again') this.restart({ resume: false, ...this.withoutRefused() })
    else this.restart({})
  }

  reset(): void {
    this.hangUp()
    this.unwatch?.()
    this.unwatch = null
    this.events.clear()
    this.store.replace({ ...initial, ...this.choices() })
  }

  private typeInstead(): void {
    this.run?.voices.closeMicrophone()
    this.set({ microphone: false })
    if (this.model.failure) this.recovered(this.model.failure.code)
  }

  // How a call begins, and how it is left

  private restart(changes: Partial<Options>): void {
    if (!this.options) return
    this.options = { ...this.options, ...changes }
    this.hangUp()
    const { scenario, microphone, resume } = this.options
    const phase = microphone ? 'requesting-mic' : 'connecting'
    this.events.clear()
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
    this.run = new Run(this.ports, this.owner, this.options)
    void this.run.begin()
  }

  private hangUp(): void {
    clearTimeout(this.answerTimer)
    const { run } = this
    this.run = null
    run?.close()
    this.dispatch({ type: 'lineLost' })
    this.dispatch({ type: 'playing', playing: false })
  }

  /** What was refused once would be refused again. */
  private withoutRefused(): Partial<Options> {
    return this.model.failure?.code === 'retry-refused' ? { from: null } : {}
  }

  private choices() {
    const { inputs, outputs, inputId, outputId, holdToTalk } = this.model
    return { inputs, outputs, inputId, outputId, holdToTalk }
  }

  // Failures and devices

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

  // The model

  private get model(): CallModel {
    return this.store.model
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
}
