// Keeps the call's socket: opens it, and brings it back when the line breaks.
import type { Address, OpenSocket, Socket } from './socket'
import type { ClientMessage, Incoming } from './wire'

const HELLO_TIMEOUT_MS = 10_000
/** As long as the server keeps a call that lost its browser. */
const GRACE_MS = 30_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 8000

/** Close codes after which the client must not come back by itself: docs/protocol.md. */
const FINAL: Record<number, Loss> = { 1000: 'lost', 4001: 'taken-over', 4004: 'lost', 4008: 'lost' }

export type Loss = 'unreachable' | 'lost' | 'taken-over'

export interface ConnectionEvents {
  received(incoming: Incoming): void
  /** The line broke; the next thing is `received` with a hello, or `gone`. */
  interrupted(): void
  gone(loss: Loss): void
}

export class Connection {
  private socket: Socket | null = null
  private token: string | null = null
  private seq = 0
  /** The call is over: what remains is the quiz, and the server does not wait for a lost page any more. */
  private over = false
  private retryUntil = 0
  private delay = FIRST_DELAY_MS
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly call: Omit<Address, 'resume'>,
    private readonly openSocket: OpenSocket,
    private readonly events: ConnectionEvents,
  ) {}

  open(): void {
    const resume = this.token === null ? null : { token: this.token, after: this.seq }
    this.timer = setTimeout(() => this.closed(null), HELLO_TIMEOUT_MS)
    this.socket = this.openSocket(
      { ...this.call, resume },
      { received: (incoming) => this.received(incoming), closed: (code) => this.closed(code) },
    )
  }

  send(message: ClientMessage): void {
    this.socket?.send(message)
  }

  close(): void {
    clearTimeout(this.timer)
    this.socket?.close()
    this.socket = null
  }

  private received(incoming: Incoming): void {
    const { known } = incoming
    if (known?.type === 'vivavoce.hello') {
      clearTimeout(this.timer)
      this.token = known.resume_token
      this.retryUntil = 0
      this.delay = FIRST_DELAY_MS
    } else if (known && 'seq' in known) {
      this.seq = Math.max(this.seq, known.seq)
    }
    if (known?.type === 'vivavoce.ended') this.over = true
    this.events.received(incoming)
  }

  /** `code` is null when no hello came in time. */
  private closed(code: number | null): void {
    this.close()
    const final = code === null ? undefined : FINAL[code]
    if (final) this.giveUp(final)
    else if (this.token === null) this.giveUp('unreachable')
    else if (this.over) this.giveUp('lost')
    else this.retry()
  }

  private retry(): void {
    const now = performance.now()
    if (this.retryUntil === 0) {
      this.retryUntil = now + GRACE_MS
      this.events.interrupted()
    }
    // Jitter, so that the pages of a restarted server do not all come at once.
    const wait = this.delay * (0.5 + Math.random() / 2)
    if (now + wait > this.retryUntil) {
      this.giveUp('lost')
      return
    }
    this.delay = Math.min(2 * this.delay, LONGEST_DELAY_MS)
    this.timer = setTimeout(() => this.open(), wait)
  }

  private giveUp(loss: Loss): void {
    this.close()
    this.events.gone(loss)
  }
}
