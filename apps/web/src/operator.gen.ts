// Generated from shared/operator.schema.json by `pnpm --filter @vivavoce/shared generate`. Do not edit.

/**
 * What GET /api/operator answers whoever has the operator's key, in dollars and UTC days; docs/operating.md says more.
 */
export type VivavoceOperator = Operation | SwitchCalls
/**
 * Dollars; null: no limit.
 */
export type Cap = number | null
export type Dollars = number

export interface Operation {
  /**
   * Whether new calls are taken.
   */
  calls_open: boolean
  caps: {
    call: Cap
    user_day: Cap
    day: Cap
    month: Cap
  }
  spent: {
    today: Dollars
    month: Dollars
  }
  /**
   * Dollars that the calls that go on may still cost.
   */
  reserved: number
  /**
   * The date of the price list.
   */
  prices_as_of: string
  /**
   * The calls that go on.
   */
  live: LiveCall[]
  /**
   * The last 30 days, the dearest first.
   */
  users: UserTotal[]
  /**
   * The last 30 days, oldest first; days without a call are left out.
   */
  days: DayTotal[]
  /**
   * The last 30 days, the dearest first.
   */
  models: ModelTotal[]
}
export interface LiveCall {
  id: string
  scenario: string
  user: string
  /**
   * Of conversation, up to the last answer.
   */
  seconds: number
  dollars: Dollars
}
export interface UserTotal {
  user: string
  calls: number
  seconds: number
  tokens: number
  dollars: Dollars
}
export interface DayTotal {
  day: string
  calls: number
  seconds: number
  tokens: number
  dollars: Dollars
}
export interface ModelTotal {
  model: string
  calls: number
  seconds: number
  tokens: number
  dollars: Dollars
  /**
   * Answers whose price is not known, so their money is not counted.
   */
  unpriced: number
}
/**
 * POST /api/operator/calls: take new calls or not; answered with what GET /api/operator says then.
 */
export interface SwitchCalls {
  open: boolean
  /**
   * End the calls that go on: the persona closes, the grade is given.
   */
  end_running?: boolean
}
