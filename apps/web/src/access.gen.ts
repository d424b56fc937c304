// Generated from shared/access.schema.json by `pnpm --filter @vivavoce/shared generate`. Do not edit.

/**
 * What the routes of /api answer that let somebody in. docs/security.md says when.
 */
export type VivavoceAccess = Access | Ticket

/**
 * GET /api/session: who the page is used by, and whether calls can be made.
 */
export interface Access {
  /**
   * open: anybody says who they are; code: with the class's code; header: a proxy in front of the server knows.
   */
  sign_in: 'open' | 'code' | 'header'
  /**
   * Who is signed in; null: nobody, or open.
   */
  user: string | null
  /**
   * The same for people to read.
   */
  name: string | null
  calls: {
    /**
     * False: the operator has closed the server to new calls.
     */
    open: boolean
    /**
     * Why not, in words that can be shown.
     */
    message: string | null
  }
  /**
   * What there is besides calls. reviews: calls can be looked at afterwards, under /api/calls.
   */
  features: 'reviews'[]
}
/**
 * POST /api/tickets: what one connection to /ws is opened with.
 */
export interface Ticket {
  ticket: string
  /**
   * Seconds.
   */
  expires_in: number
}
