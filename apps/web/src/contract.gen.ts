// Generated from shared/events.schema.json by `pnpm --filter @vivavoce/shared generate`. Do not edit.

/**
 * The events of vivavoce's own on /ws, beside the Realtime API's. docs/protocol.md says when each is sent.
 */
export type VivavoceEvents = ServerEvent | ClientEvent
export type ServerEvent =
  | Hello
  | TranscriptEvent
  | GradeEvent
  | QuizEvent
  | QuizMarked
  | GoalEvent
  | HintEvent
  | ConsentEvent
  | Notice
  | GoingAway
  | Ending
  | Ended
export type EndReason =
  | 'learner_ended'
  | 'learner_left'
  | 'lesson_graded'
  | 'time_limit'
  | 'taken_over'
  | 'server_error'
  | 'provider_unavailable'
  | 'provider_refused'
  | 'policy_flood'
  | 'budget_spent'
  | 'operator_stopped'
export type ClientEvent = End | QuizAnswer | HintRequest | Consent

/**
 * First event on every connection, before anything of the upstream.
 */
export interface Hello {
  type: 'vivavoce.hello'
  event_id: string
  session_id: string
  scenario: PublicScenario
  user: string
  upstream: 'openai' | 'azure' | 'compatible' | 'embedded'
  model: string
  /**
   * Seconds since the call began; 0 on a first connection.
   */
  elapsed_seconds: number
  max_seconds: number
  /**
   * Rungs of help that can still be had; 0: there is none.
   */
  hints: number
  /**
   * The most points that one rung costs, so that it can be said before help is asked for.
   */
  hint_cost: number
  privacy: Privacy
  /**
   * The session id of the call that this one goes on from; its lines have item ids that begin with vv_seed_.
   */
  retry_of: string | null
  /**
   * True when this connection continues a call that was cut.
   */
  resumed: boolean
  /**
   * Offer it as subprotocol vivavoce.resume.<token>, with ?after=<seq>, to continue this call.
   */
  resume_token: string
  /**
   * How long the call can be continued after this connection is gone.
   */
  resumable_seconds: number
  /**
   * Number of the newest durable event.
   */
  seq: number
}
/**
 * What a learner may know before the call; one entry of GET /api/scenarios.
 */
export interface PublicScenario {
  id: string
  version: number
  title: string
  summary: string
  level: string
  locale: string
  tags: string[]
  est_minutes: number
  learner: {
    role: string
    brief: string
    goals: {
      id: string
      text: string
      required: boolean
    }[]
  }
  persona: {
    name: string
    role: string
  }
  max_seconds: number
  /**
   * Whether help can be asked for during the call.
   */
  hints: boolean
  privacy: Privacy
}
/**
 * What is kept of a call, and how long.
 */
export interface Privacy {
  /**
   * none: nothing once the learner has left; audio: the sound too, if the learner agrees.
   */
  record: 'none' | 'transcript' | 'audio'
  retain_days: number
}
/**
 * One line of the record, new or changed; the newest event for an item_id replaces the earlier one. Durable.
 */
export interface TranscriptEvent {
  type: 'vivavoce.transcript'
  event_id: string
  seq: number
  line: Line
}
export interface Line {
  item_id: string
  /**
   * user is the learner, assistant the persona
   */
  role: 'user' | 'assistant'
  text: string
  /**
   * Sort key: the place in the conversation, whenever the text arrived.
   */
  order: number
  /**
   * When it began to be said, in seconds of the call.
   */
  at: number
  /**
   * When it ended; a line that was cut off ended there. Equal to at when it was typed.
   */
  until: number
  source: 'voice' | 'text'
  interrupted: boolean
  /**
   * How much of text the learner heard before a barge-in (estimated from heard_ms); null when all of it.
   */
  heard_chars: number | null
  heard_ms: number | null
}
/**
 * The grade of this call; the newest revision stands. Durable.
 */
export interface GradeEvent {
  type: 'vivavoce.grade'
  event_id: string
  seq: number
  grade: Grade
}
export interface Grade {
  /**
   * points less hint_cost, never below 0
   */
  score: number
  /**
   * What the checks gave, before hints.
   */
  points: number
  /**
   * Points that the hints cost.
   */
  hint_cost: number
  pass_mark: number
  /**
   * score >= pass_mark and every gate criterion fully met
   */
  passed: boolean
  /**
   * One sentence for the learner.
   */
  closing: string
  rubric_version: number
  /**
   * Name and version of the grader.
   */
  grader: string
  /**
   * Counts the grades of one call.
   */
  revision: number
  /**
   * The call ended; its quiz was answered; somebody asked for it again.
   */
  reason: 'end' | 'quiz' | 'regrade'
  covers: Covers
  measures: Measure[]
  /**
   * null when no model was asked to judge.
   */
  judge: JudgeUse | null
  criteria: CriterionResult[]
}
/**
 * Which part of the transcript a grade rests on.
 */
export interface Covers {
  lines: number
  first_item: string | null
  last_item: string | null
}
/**
 * How the learner spoke, and the range that is good in this lesson.
 */
export interface Measure {
  id:
    | 'talk_share'
    | 'words_per_minute'
    | 'fillers_per_100'
    | 'longest_turn_s'
    | 'questions'
    | 'response_delay_s'
    | 'interruptions'
    | 'interrupted'
    | 'silences'
  /**
   * null when the call does not tell, for example because it was typed.
   */
  value: number | null
  /**
   * Empty for counts.
   */
  unit: string
  least: number | null
  most: number | null
  /**
   * null without a value or a range.
   */
  within: boolean | null
}
/**
 * The language model that judged.
 */
export interface JudgeUse {
  model: string
  /**
   * Checks that were put to it.
   */
  asked: number
  /**
   * Checks that it was to decide and did not; the lesson's own words decided those.
   */
  failed: number
}
export interface CriterionResult {
  id: string
  name: string
  weight: number
  gate: boolean
  score: number
  checks: CheckResult[]
}
export interface CheckResult {
  id: string
  ask: string
  weight: number
  /**
   * unproven: the record does not prove it either way; it never counts.
   */
  result: 'shown' | 'missed' | 'unproven'
  evidence: Evidence[]
  /**
   * What to try instead; null when shown.
   */
  advice: string | null
  decided_by: 'words' | 'measure' | 'quiz' | 'judge'
  /**
   * What a reader must know beside the result, in a sentence.
   */
  note: string | null
}
/**
 * A verbatim piece of a transcript line: text[start:end] == quote, in Unicode code points.
 */
export interface Evidence {
  item_id: string
  role: 'user' | 'assistant'
  quote: string
  start: number
  end: number
  at: number
}
/**
 * Questions to answer, without their answers. Durable.
 */
export interface QuizEvent {
  type: 'vivavoce.quiz'
  event_id: string
  seq: number
  items: QuizItem[]
}
export interface QuizItem {
  id: string
  /**
   * spoken is answered aloud; its words are marked like a short one's.
   */
  kind: 'choice' | 'short' | 'spoken'
  prompt: string
  /**
   * Empty for the other kinds than choice.
   */
  options: string[]
}
/**
 * The server's mark of one answer; the first answer counts. Durable.
 */
export interface QuizMarked {
  type: 'vivavoce.quiz.marked'
  event_id: string
  seq: number
  item_id: string
  given: string
  correct: boolean
  /**
   * The right answer, in words.
   */
  answer: string
  explain: string
}
/**
 * A goal of the learner's was reached; it stays so. Durable.
 */
export interface GoalEvent {
  type: 'vivavoce.goal'
  event_id: string
  seq: number
  /**
   * Of scenario.learner.goals.
   */
  goal_id: string
}
/**
 * One rung of help that the learner asked for. Durable.
 */
export interface HintEvent {
  type: 'vivavoce.hint'
  event_id: string
  seq: number
  /**
   * Which ladder: the rungs of one belong together.
   */
  hint: number
  rung: number
  kind: 'nudge' | 'phrase' | 'script'
  text: string
  /**
   * Points of the score that this rung costs.
   */
  cost: number
}
/**
 * What the learner said to keeping the sound of this call; the newest stands. Durable.
 */
export interface ConsentEvent {
  type: 'vivavoce.consent'
  event_id: string
  seq: number
  audio: boolean
}
/**
 * Something the learner should know; the call goes on.
 */
export interface Notice {
  type: 'vivavoce.notice'
  event_id: string
  level: 'info' | 'warning' | 'error'
  code: string
  message: string
  seconds_left?: number
  /**
   * audio_gap: how much of the persona's voice was not heard.
   */
  seconds?: number
}
/**
 * The server is being restarted and will close this connection.
 */
export interface GoingAway {
  type: 'vivavoce.going_away'
  event_id: string
  /**
   * Whether the call can be continued with the resume token.
   */
  resume: boolean
  /**
   * How long to wait before coming back.
   */
  retry_ms: number
  message: string
}
/**
 * The call is being ended: nothing more can be said, the grade will follow. Durable.
 */
export interface Ending {
  type: 'vivavoce.ending'
  event_id: string
  seq: number
  reason: EndReason
}
/**
 * The call is over; the connection stays open for the quiz. Durable.
 */
export interface Ended {
  type: 'vivavoce.ended'
  event_id: string
  seq: number
  reason: EndReason
  /**
   * What happened and what can be done, in words for the learner.
   */
  message: string
  seconds: number
}
/**
 * The End button: grade what was said and finish the call.
 */
export interface End {
  type: 'vivavoce.end'
  event_id?: string
}
export interface QuizAnswer {
  type: 'vivavoce.quiz.answer'
  event_id?: string
  item_id: string
  /**
   * The option's text for kind choice, the learner's words for the others.
   */
  answer: string
}
/**
 * Help, please. Answered with vivavoce.hint, or with the notice no_hint.
 */
export interface HintRequest {
  type: 'vivavoce.hint.request'
  event_id?: string
}
/**
 * Whether the sound of this call may be kept; can be taken back. Refused where the scenario keeps none.
 */
export interface Consent {
  type: 'vivavoce.consent'
  event_id?: string
  audio: boolean
}
