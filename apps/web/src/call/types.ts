// What the call engine shows of itself. The engine owns the state; screens only draw it.
import type {
  Ended,
  EndReason,
  Grade,
  Hello,
  Line,
  Notice,
  PublicScenario,
  QuizItem,
  QuizMarked,
  ServerEvent,
} from '../contract.gen'

/** One rung of help that the learner asked for. */
export type Hint = Extract<ServerEvent, { type: 'vivavoce.hint' }>

export type CallState =
  | 'idle'
  | 'requesting-mic'
  | 'connecting'
  | 'listening'
  | 'thinking'
  | 'speaking'
  | 'reconnecting'
  | 'ended'
  | 'error'

/**
 * One bubble of the conversation: a line of the record, or a preview that is still being said. Bubbles come in the order
 * in which they are shown; a preview has the `order` of the line before it. An empty preview of role `user` is being spoken or
 * written down. `heard_chars` counts Unicode code points: cut with `[...text].slice(0, heard_chars).join('')`.
 */
export interface Bubble extends Line {
  /** True until the durable line has arrived. */
  partial: boolean
}

/** A raw event as the drawer lists it; audio is replaced by its length, and a run of audio frames is one entry. */
export interface RawEvent {
  /** Unique, and rising. */
  n: number
  /** Milliseconds since the call began. */
  at: number
  direction: 'sent' | 'received'
  type: string
  body: Record<string, unknown>
  /** How many frames this entry stands for: 1, except for audio. */
  frames: number
}

/** A place in the conversation where the learner was not there. */
export interface Gap {
  /** The line after which it stands; null: before the first. */
  after: string | null
  seconds: number
  /** line: the connection was broken; away: the learner had left the page. */
  why: 'line' | 'away'
  /** The microphone was open meanwhile. */
  spoken: boolean
}

/** The line is broken and being brought back. */
export interface Outage {
  /** performance.now() when it broke. */
  since: number
  /** performance.now() of the next try; null while one is under way. */
  nextTry: number | null
  /** How many tries have failed. */
  failed: number
  /** What the server said to the last one. */
  answer: string | null
  /** What the server said before it went; null when it just went. */
  farewell: string | null
}

export type FailureCode =
  | 'mic-refused'
  | 'mic-missing'
  | 'mic-busy'
  | 'mic-insecure'
  | 'mic-unplugged'
  | 'mic-silent'
  | 'sound-blocked'
  | 'server-unreachable'
  | 'connection-lost'
  | 'taken-over'
  | 'call-over'
  | 'upstream-down'
  | 'server-failed'
  | 'refused'
  | 'busy'
  | 'calls-closed'
  | 'no-budget'
  | 'signed-out'
  | 'unknown-scenario'
  | 'retry-refused'
  | 'grade-late'

export type FailureAction =
  | 'retry-mic'
  | 'type-instead'
  | 'choose-microphone'
  | 'resume-sound'
  | 'reconnect'
  | 'continue'
  | 'continue-here'
  | 'sign-in'
  | 'start-again'
  | 'menu'

/** What went wrong, in words, and what the learner can do; never a dead end. */
export interface Failure {
  code: FailureCode
  title: string
  message: string
  actions: FailureAction[]
  /** A fatal failure is state `error`; otherwise a banner over a call that goes on. */
  fatal: boolean
}

/** The last 500 events, oldest first. Whoever looks is told a few times a second. */
export interface RawEvents {
  subscribe(listener: () => void): () => void
  snapshot(): RawEvent[]
}

export interface CallSnapshot {
  state: CallState
  connected: boolean
  scenario: PublicScenario | null
  hello: Hello | null
  bubbles: Bubble[]
  grade: Grade | null
  /** The call is being ended, and marked; null before. */
  ending: EndReason | null
  quiz: QuizItem[]
  marks: Record<string, QuizMarked>
  /** Ids of the goals that are reached. */
  goals: string[]
  /** The help that was given, oldest first. */
  hints: Hint[]
  /** Help was asked for and has not come yet. */
  hintAsked: boolean
  /** The server had no more help to give. */
  hintsOver: boolean
  /** What the server has noted of the learner's consent to keep the sound; null before. */
  consent: boolean | null
  notices: Notice[]
  /**
   * In state `ended` with neither `grade` nor `ended` nor `failure`, the server is still marking. `ended` alone may come
   * while the persona's last words are still heard; the state follows when they are over.
   */
  ended: Ended | null
  failure: Failure | null
  /** Null while the line to the server is there, or was never there. */
  outage: Outage | null
  /** The server has lost the voice service and is bringing it back. */
  voiceLost: boolean
  gaps: Gap[]
  /** An earlier call is gone on with. */
  resuming: boolean
  /** False when the learner types instead of speaking. */
  microphone: boolean
  muted: boolean
  holdToTalk: boolean
  /** True while the hold-to-talk key or button is down. */
  talking: boolean
  inputs: MediaDeviceInfo[]
  outputs: MediaDeviceInfo[]
  inputId: string
  outputId: string
  /** performance.now() at which the call began, for the clock; null before. */
  startedAt: number | null
  /** What the server's last `time_left` notice said; the running clock is the screen's own, from `startedAt`. */
  secondsLeft: number | null
  /** Milliseconds from the last `speech_started` to silence in the player; null before the first barge-in. */
  bargeInMs: number | null
}

export interface StartOptions {
  user: string
  /** False starts a typed call. */
  microphone: boolean
  /** Whether the learner agreed that the sound is kept; only asked where the scenario would keep it. */
  audio?: boolean
  /** `<call id>:<item id>`: begins at a turn of an earlier call. */
  from?: string | null
}

export interface Call {
  subscribe(listener: () => void): () => void
  snapshot(): CallSnapshot
  /** What went over the wire; apart from the snapshot, because it changes with every frame of audio. */
  readonly events: RawEvents
  /** Peak levels 0..1 for the meters; asked for, not told. */
  levels(): { input: number; output: number }
  /**
   * Must be called in a user gesture. Does nothing while a call runs; after a call it begins a new one.
   */
  start(scenario: PublicScenario, options: StartOptions): void
  /** In a user gesture as well: goes on with the call that this browser has kept. */
  resume(scenario: PublicScenario, options: Pick<StartOptions, 'user' | 'microphone'>): void
  /** Does not wait for the next try of a line that is broken. */
  tryNow(): void
  /** Waits no longer for a line that is broken; the call can be gone on with later. */
  stopTrying(): void
  end(): void
  sendText(text: string): void
  setMuted(muted: boolean): void
  setHoldToTalk(on: boolean): void
  setTalking(down: boolean): void
  /** Stop the persona's voice now. */
  interrupt(): void
  chooseInput(deviceId: string): void
  chooseOutput(deviceId: string): void
  askForHint(): void
  answerQuiz(itemId: string, answer: string): void
  act(action: FailureAction): void
  reset(): void
}
