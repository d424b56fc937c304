// Generated from shared/events.schema.json by `pnpm --filter @vivavoce/shared generate`. Do not edit.

/**
 * The events of vivavoce's own on /ws, beside the Realtime API's. docs/protocol.md says when each is sent.
 */
export type VivavoceEvents = ServerEvent | ClientEvent
export type ServerEvent = Hello | TranscriptEvent | GradeEvent | QuizEvent | QuizMarked | Notice | Ended
export type ClientEvent = End | QuizAnswer

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
   * True when this connection continues a call that was cut.
   */
  resumed: boolean
  /**
   * Offer it as subprotocol vivavoce.resume.<token>, with ?after=<seq>, to continue this call within the grace time.
   */
  resume_token: string
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
  source: 'voice' | 'text'
  interrupted: boolean
  /**
   * How much of text the learner heard before a barge-in (estimated from heard_ms); null when all of it.
   */
  heard_chars: number | null
  heard_ms: number | null
}
/**
 * The grade of this call. Durable.
 */
export interface GradeEvent {
  type: 'vivavoce.grade'
  event_id: string
  seq: number
  grade: Grade
}
export interface Grade {
  score: number
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
  criteria: CriterionResult[]
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
  result: 'shown' | 'missed'
  evidence: Evidence[]
  /**
   * What to try instead; null when shown.
   */
  advice: string | null
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
  kind: 'choice' | 'short'
  prompt: string
  /**
   * Empty for kind short.
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
 * Something the learner should know; the call goes on.
 */
export interface Notice {
  type: 'vivavoce.notice'
  event_id: string
  level: 'info' | 'warning' | 'error'
  code: string
  message: string
  seconds_left?: number
}
/**
 * The call is over; the connection stays open for the quiz. Durable.
 */
export interface Ended {
  type: 'vivavoce.ended'
  event_id: string
  seq: number
  reason:
    | 'learner_ended'
    | 'learner_left'
    | 'lesson_graded'
    | 'time_limit'
    | 'taken_over'
    | 'server_stopping'
    | 'server_error'
    | 'provider_unavailable'
    | 'provider_refused'
    | 'provider_closed'
    | 'policy_flood'
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
   * The option's text for kind choice, the learner's words for kind short.
   */
  answer: string
}
