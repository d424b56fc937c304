// The server's HTTP routes. What fails throws a Refusal, with words for whoever reads the page.
import type { Access, Ticket } from './access.gen'
import type { PublicScenario } from './contract.gen'
import type { Operation, SwitchCalls } from './operator.gen'
import type { CallList, ClassResults, Mark, Review, SpokenAnswer } from './review.gen'

export type Lane = 'learner' | 'persona'
export type ExportFormat = 'json' | 'csv' | 'xapi'

/** The server's no, in its own words when it gave any. */
export class Refusal extends Error {
  constructor(
    /** 0 when there was no answer at all. */
    readonly status: number,
    message: string,
    /** What the server calls it; empty when it did not say. */
    readonly code = '',
    /** Seconds after which it may be otherwise, if the server said. */
    readonly retryAfter: number | null = null,
  ) {
    super(message)
  }

  /** Whether it may pass by itself, and soon. */
  get passes(): boolean {
    return (
      this.code !== 'calls_closed' && (this.status === 0 || this.status >= 500 || this.code === 'too_many')
    )
  }
}

export async function fetchScenarios(signal?: AbortSignal): Promise<PublicScenario[]> {
  const body: unknown = await json('/api/scenarios', { signal: signal ?? null })
  const list = Array.isArray(body) ? body : (body as { scenarios?: unknown } | null)?.scenarios
  if (!Array.isArray(list)) throw new Refusal(200, 'The server’s list of scenarios cannot be read.')
  return list as PublicScenario[]
}

export async function fetchAccess(signal?: AbortSignal): Promise<Access> {
  return (await json('/api/session', { signal: signal ?? null })) as Access
}

export async function signIn(code: string, name: string): Promise<void> {
  await answer('/api/sign-in', posted({ code, name }))
}

export async function signOut(): Promise<void> {
  await answer('/api/sign-out', { method: 'POST' })
}

/** For one connection to /ws, within a minute. */
export async function fetchTicket(scenario: string, user: string, signal: AbortSignal): Promise<string> {
  const ticket = (await json('/api/tickets', { ...posted({ scenario, user }), signal })) as Ticket
  return ticket.ticket
}

export async function fetchCalls(ids: string[], signal: AbortSignal): Promise<CallList['calls']> {
  const list = (await json(`/api/calls?${new URLSearchParams({ ids: ids.join(',') })}`, {
    signal,
  })) as CallList
  return list.calls
}

export async function fetchReview(id: string, signal: AbortSignal): Promise<Review> {
  return (await json(callPath(id), { signal })) as Review
}

export async function gradeAgain(id: string): Promise<Review> {
  return (await json(`${callPath(id)}/grade`, { method: 'POST' })) as Review
}

export async function deleteCall(id: string): Promise<void> {
  await answer(callPath(id), { method: 'DELETE' })
}

export async function answerAloud(id: string, item: string, wav: Blob): Promise<Mark> {
  const path = `${callPath(id)}/quiz/${encodeURIComponent(item)}`
  const headers = { 'content-type': 'audio/wav' }
  return ((await json(path, { method: 'POST', body: wav, headers })) as SpokenAnswer).mark
}

export async function fetchClass(key: string, signal: AbortSignal): Promise<ClassResults> {
  return (await json('/api/class', { signal, headers: bearer(key) })) as ClassResults
}

export async function fetchClassTable(key: string): Promise<Blob> {
  return (await answer('/api/class.csv', { headers: bearer(key) })).blob()
}

export async function fetchOperation(key: string, signal: AbortSignal): Promise<Operation> {
  return (await json('/api/operator', { signal, headers: bearer(key) })) as Operation
}

export async function switchCalls(key: string, wanted: SwitchCalls): Promise<Operation> {
  const { headers, ...init } = posted(wanted)
  return (await json('/api/operator/calls', {
    ...init,
    headers: { ...headers, ...bearer(key) },
  })) as Operation
}

export function exportPath(id: string, format: ExportFormat): string {
  return `${callPath(id)}/export?format=${format}`
}

/** One lane of a call's sound: WAV, PCM16 mono 24 kHz, whose first sample is the call's first moment. */
export function audioPath(id: string, lane: Lane): string {
  return `${callPath(id)}/audio/${lane}`
}

function callPath(id: string): string {
  return `/api/calls/${encodeURIComponent(id)}`
}

function posted(body: unknown) {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

function bearer(key: string): Record<string, string> {
  // Other characters cannot stand in a header, so the key is a wrong one.
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Refusal(401, 'This cannot be an operator key.')
  return { authorization: `Bearer ${key}` }
}

async function json(path: string, init: RequestInit): Promise<unknown> {
  const response = await answer(path, init)
  return response.json().catch(() => {
    throw new Refusal(response.status, 'The server’s answer cannot be read.')
  })
}

async function answer(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Refusal(0, 'The server does not answer. Check your connection, then try again.')
  })
  if (response.ok) return response
  const body: unknown = await response.json().catch(() => null)
  const { code, message } = (body as { error?: { code?: unknown; message?: unknown } } | null)?.error ?? {}
  throw new Refusal(
    response.status,
    typeof message === 'string' ? message : `The server answered with an error (${response.status}).`,
    typeof code === 'string' ? code : '',
    seconds(response.headers.get('retry-after')),
  )
}

/** Servers in between may write a date instead: then it is as if nothing had been said. */
function seconds(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null
}
