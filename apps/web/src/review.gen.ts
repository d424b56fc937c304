// Generated from shared/review.schema.json by `pnpm --filter @vivavoce/shared generate`. Do not edit.
import type {Grade, Line, PublicScenario, QuizItem} from './contract.gen'

/**
 * What the review routes of /api answer. docs/review.md says when.
 */
export type VivavoceReview = CallList | Review | ClassResults | SpokenAnswer | ApiError

/**
 * GET /api/calls?ids=: newest first; ids that are not known are left out.
 */
export interface CallList {
  calls: CallSummary[]
}
export interface CallSummary {
  id: string
  scenario_id: string
  title: string
  /**
   * UTC
   */
  started_at: string
  seconds: number
  /**
   * null while the call goes on, or when the server was killed
   */
  ended_reason: string | null
  /**
   * Of the newest grade; null without one.
   */
  score: number | null
  pass_mark: number | null
  passed: boolean | null
  /**
   * Whether sound was kept.
   */
  audio: boolean
  /**
   * The call that this one began in the middle of.
   */
  retry_of: string | null
}
/**
 * GET /api/calls/{id}: one call, from its record.
 */
export interface Review {
  call: ReviewCall
  /**
   * As it was when the call was made.
   */
  scenario: PublicScenario
  /**
   * In the order of the conversation.
   */
  lines: Line[]
  /**
   * Ids of the goals that were reached.
   */
  goals: string[]
  /**
   * The newest.
   */
  grade: Grade | null
  /**
   * All, oldest first.
   */
  grades: GradeRevision[]
  quiz: {
    items: QuizItem[]
    marks: Mark[]
  }
  hints: HintUsed[]
  /**
   * By time.
   */
  markers: Marker[]
  audio: KeptAudio | null
}
export interface ReviewCall {
  id: string
  scenario_id: string
  title: string
  /**
   * UTC
   */
  started_at: string
  seconds: number
  ended_reason: string | null
  score: number | null
  pass_mark: number | null
  passed: boolean | null
  audio: boolean
  retry_of: string | null
  user: string
  model: string
  upstream: 'openai' | 'azure' | 'compatible' | 'embedded'
  scenario_version: number
  /**
   * When the record will be deleted; null: as soon as the learner has left.
   */
  kept_until: string | null
}
export interface GradeRevision {
  revision: number
  reason: 'end' | 'quiz' | 'regrade'
  score: number
  passed: boolean
  /**
   * UTC
   */
  at: string
  /**
   * To the revision before; null for the first.
   */
  difference: Difference | null
}
/**
 * What a grade says otherwise than the one before; what did not change is left out.
 */
export interface Difference {
  score?: {
    old: number
    new: number
  }
  passed?: {
    old: boolean
    new: boolean
  }
  rubric_version?: {
    old: number
    new: number
  }
  grader?: {
    old: string
    new: string
  }
  checks: CheckChange[]
}
export interface CheckChange {
  id: string
  ask: string
  /**
   * null: the rubric did not have it
   */
  old: 'shown' | 'missed' | 'unproven' | null
  new: 'shown' | 'missed' | 'unproven' | null
}
/**
 * A quiz answer and its mark; the first answer to a question counts.
 */
export interface Mark {
  item_id: string
  /**
   * Seconds of the call.
   */
  at: number
  given: string
  correct: boolean
  answer: string
  explain: string
}
export interface HintUsed {
  /**
   * Seconds of the call.
   */
  at: number
  hint: number
  rung: number
  kind: 'nudge' | 'phrase' | 'script'
  text: string
  cost: number
}
/**
 * Something on the call's timeline.
 */
export interface Marker {
  kind: 'evidence' | 'missed' | 'hint' | 'interruption' | 'silence' | 'quiz'
  /**
   * Seconds of the call.
   */
  at: number
  until: number
  /**
   * The line that it stands at.
   */
  item_id: string | null
  label: string
  /**
   * The check (evidence, missed) or the question (quiz).
   */
  ref: string | null
}
/**
 * What GET /api/calls/{id}/audio/{lane} has.
 */
export interface KeptAudio {
  learner: boolean
  persona: boolean
  /**
   * Of the longer lane.
   */
  seconds: number
}
/**
 * GET /api/class, for the operator.
 */
export interface ClassResults {
  /**
   * By name.
   */
  learners: ClassLearner[]
  /**
   * Weakest first.
   */
  checks: ClassCheck[]
  /**
   * Newest first.
   */
  calls: ClassCall[]
}
export interface ClassLearner {
  user: string
  calls: number
  scenarios: {
    id: string
    title: string
    attempts: number
    /**
     * Score; null when no attempt was graded.
     */
    best: number | null
    /**
     * Score of the newest graded attempt.
     */
    last: number | null
    /**
     * Whether any attempt passed.
     */
    passed: boolean
  }[]
}
export interface ClassCheck {
  scenario_id: string
  check_id: string
  ask: string
  /**
   * Graded calls in which it could be shown.
   */
  attempts: number
  shown: number
}
export interface ClassCall {
  id: string
  scenario_id: string
  title: string
  /**
   * UTC
   */
  started_at: string
  seconds: number
  ended_reason: string | null
  score: number | null
  pass_mark: number | null
  passed: boolean | null
  audio: boolean
  retry_of: string | null
  user: string
}
/**
 * POST /api/calls/{id}/quiz/{item}: what was understood, and its mark.
 */
export interface SpokenAnswer {
  mark: Mark
}
/**
 * Every answer of /api that is no success.
 */
export interface ApiError {
  error: {
    code: string
    /**
     * What is wrong and what to do, in words that can be shown.
     */
    message: string
  }
}
