// Keeps the call's socket: opens it, and brings it back when the line breaks.
import { Refusal } from '../api'
import type { Line, OpenSocket, Socket } from './socket'
import type { ClientMessage, Incoming } from './wire'

const HELLO_TIMEOUT_MS = 10_000
/** As long as somebody may want to sit and wait; the call itself is kept for longer. */
const PATIENCE_MS = 5 * 60_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 8000
/** A server that asks to be left alone for longer is asked anyway. */
const LONGEST_RESPECT_MS = 30_000

/** Close codes of docs/protocol.md after which the client does not come back by itself. */
const FINAL: Record<number, Loss> = {
  1000: 'lost',
  4001: 'taken-over',
  4004: 'call-over',
  4008: 'lost',
}
/** There is no room for the call: its money is spent, or no calls are taken. The reason is in words. */
const NO_ROOM = 4429
/** The ticket was too old, or somebody else had used it. */
const NEW_TICKET = 4401

/** Why the line is gone for good; a Refusal is what the server said when it was asked for a ticket. */
export type Loss = Refusal | 'unreachable' | 'lost' | 'call-over' | 'taken-over' | 'signed-out'

/** The next try of a line that is broken. */
export interface NextTry {
  /** performance.now() of the next try; null while one is under way. */
  at: number | null
  /** How many tries have failed. */
  failed: number
  /** What the server said to the last try, if it said anything. */
  answer: string | null
}

export interface ConnectionEvents {
  received(incoming: Incoming): void
  /** The line broke; it comes back with a hello in `received`, or is `gone`. */
  interrupted(): void
  trying(next: NextTry): void
  gone(loss: Loss): void
}

export interface Network {
  /** A ticket for one connection; rejects with a Refusal. */
  ticket(scenario: string, user: string): Promise<string>
  openSocket: OpenSocket
}

export class Connection {
  private socket: Socket | null = null
  private seq = 0
  /** A hello came: from then on a line that breaks is tried again. */
  private greeted = false
  private brokenAt: number | null = null
  private failed = 0
  private delay = FIRST_DELAY_MS
  /** How long the server wants to be left alone. */
  private respect = 0
  private ticketRefused = false
  private waiting = false
  private timer: ReturnType<typeof setTimeout> | undefined
  /** Counts the tries, so that an answer to an earlier one is not taken for the present one's. */
  private current = 0

  constructor(
    private readonly line: Line,
    /** Of a call that is to be gone on with. */
    private token: string | null,
    private readonly network: Network,
    private readonly events: ConnectionEvents,
  ) {}

  open(): void {
    void this.dial()
  }

  send(message: ClientMessage): void {
    this.socket?.send(message)
  }

  /** Does not wait for the next try. */
  tryNow(): void {
    if (this.waiting) void this.dial()
  }

  close(): void {
    clearTimeout(this.timer)
    this.current += 1
    this.waiting = false
    this.socket?.close()
    this.socket = null
  }

  private async dial(): Promise<void> {
    this.close()
    if (this.brokenAt !== null) this.events.trying({ at: null, failed: this.failed, answer: null })
    const { current } = this
    let ticket: string
    try {
      ticket = await this.network.ticket(this.line.scenario, this.line.user)
    } catch (error) {
      if (current === this.current)
        this.refused(error instanceof Refusal ? error : new Refusal(0, String(error)))
      return
    }
    if (current !== this.current) return
    const resume = this.token === null ? null : { token: this.token, after: this.seq }
    this.timer = setTimeout(() => this.closed(null, ''), HELLO_TIMEOUT_MS)
    this.socket = this.network.openSocket(
      { ...this.line, ticket, resume },
      {
        received: (incoming) => this.received(incoming),
        closed: (code, reason) => this.closed(code, reason),
      },
    )
  }

  private received(incoming: Incoming): void {
    const { known } = incoming
    if (known?.type === 'vivavoce.hello') {
      clearTimeout(this.timer)
      this.token = known.resume_token
      this.greeted = true
      this.brokenAt = null
      this.failed = 0
      this.delay = FIRST_DELAY_MS
      this.ticketRefused = false
      this.respect = 0
    } else if (known?.type === 'vivavoce.going_away') {
      this.respect = known.retry_ms
    } else if (known && 'seq' in known) {
      this.seq = Math.max(this.seq, known.seq)
    }
    this.events.received(incoming)
  }

  private refused(refusal: Refusal): void {
    if (!this.greeted || !refusal.passes) {
      this.giveUp(refusal)
      return
    }
    this.respect = (refusal.retryAfter ?? 0) * 1000
    this.retry(refusal.status === 0 ? null : refusal.message)
  }

  /** `code` is null when no hello came in time. */
  private closed(code: number | null, reason: string): void {
    this.close()
    const final = code === null ? undefined : FINAL[code]
    if (final) this.giveUp(final)
    else if (code === NO_ROOM) this.giveUp(new Refusal(NO_ROOM, reason, 'no_room'))
    else if (code === NEW_TICKET && this.ticketRefused) this.giveUp('signed-out')
    else {
      this.ticketRefused = code === NEW_TICKET
      if (this.greeted) this.retry(null)
      else if (this.ticketRefused) void this.dial()
      else this.giveUp('unreachable')
    }
  }

  private retry(answer: string | null): void {
    const now = performance.now()
    if (this.brokenAt === null) {
      this.brokenAt = now
      this.events.interrupted()
    } else {
      this.failed += 1
    }
    // Jitter, so that the pages of a restarted server do not all come at once.
    const jittered = this.delay * (0.5 + Math.random() / 2)
    const wait = Math.max(jittered, Math.min(this.respect, LONGEST_RESPECT_MS))
    this.respect = 0
    if (now + wait > this.brokenAt + PATIENCE_MS) {
      this.giveUp('lost')
      return
    }
    this.delay = Math.min(2 * this.delay, LONGEST_DELAY_MS)
    this.waiting = true
    this.timer = setTimeout(() => void this.dial(), wait)
    this.events.trying({ at: now + wait, failed: this.failed, answer })
  }

  private giveUp(loss: Loss): void {
    this.close()
    this.events.gone(loss)
  }
}
