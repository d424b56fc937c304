// The calls of this browser that can be gone on with: one for each scenario and learner. Whoever has the token has the
// call, so it lies where only this page reads it, and goes when the call is over.
import type { Hello } from '../contract.gen'
import { dropStored, readStored, writeStored } from '../stored'

export interface KeptCall {
  session: string
  /** What the server asks for when the call is continued; another one after each connection. */
  token: string
  /** Date.now() when something last happened in it. */
  at: number
  /** Date.now() after which the server has ended it. */
  until: number
  /** Whether it was spoken. */
  microphone: boolean
}

export interface Kept {
  read(scenario: string, user: string): KeptCall | null
  write(scenario: string, user: string, call: KeptCall): void
  drop(scenario: string, user: string): void
}

/** Notes that something happened in the page's call, unless another page has it by now. */
export function keep(
  kept: Kept,
  scenario: string,
  user: string,
  call: { hello: Hello | null; ended: unknown; microphone: boolean },
  greeting: boolean,
): void {
  const { hello, ended, microphone } = call
  const before = kept.read(scenario, user)
  if (!hello) return
  const { session_id: session, resume_token: token } = hello
  if (ended) {
    if (before?.session === session) kept.drop(scenario, user)
  } else if (greeting || before?.token === token) {
    const at = Date.now()
    kept.write(scenario, user, { session, token, at, until: at + hello.resumable_seconds * 1000, microphone })
  }
}

/** Names and ids hold no slash, so a key belongs to one pair. */
const keyOf = (scenario: string, user: string) => `call/${scenario}/${user}`

export const kept: Kept = {
  read(scenario, user) {
    const call = parsed(readStored(keyOf(scenario, user)))
    return call && call.until > Date.now() ? call : null
  },
  write: (scenario, user, call) => writeStored(keyOf(scenario, user), JSON.stringify(call)),
  drop: (scenario, user) => dropStored(keyOf(scenario, user)),
}

/** Null for what is not there, and for what somebody else has put into the storage. */
function parsed(text: string | null): KeptCall | null {
  let value: unknown
  try {
    value = JSON.parse(text ?? 'null')
  } catch {
    return null
  }
  const { session, token, at, until, microphone } = (value ?? {}) as Record<string, unknown>
  const whole =
    typeof session === 'string' &&
    typeof token === 'string' &&
    typeof at === 'number' &&
    typeof until === 'number' &&
    typeof microphone === 'boolean'
  return whole ? { session, token, at, until, microphone } : null
}
