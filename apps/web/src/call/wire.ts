// The words that go over /ws, as far as the page acts on them; everything else is only listed in the drawer.
// Our own events are generated (contract.gen.ts); these are the Realtime API's.
import type { ClientEvent, ServerEvent } from '../contract.gen'

export interface Item {
  id: string
  type: string
  role?: string
  status?: string
  content?: { type: string; text?: string | null; transcript?: string | null }[]
}

interface Said {
  item_id: string
  response_id: string
  delta: string
}

type RealtimeEvent =
  | { type: 'session.updated' }
  | { type: 'input_audio_buffer.speech_started'; item_id: string }
  | { type: 'input_audio_buffer.speech_stopped'; item_id: string }
  | { type: 'input_audio_buffer.committed'; item_id: string }
  | { type: 'input_audio_buffer.cleared' }
  | { type: 'conversation.item.added'; item: Item }
  | { type: 'conversation.item.deleted'; item_id: string }
  | { type: 'conversation.item.input_audio_transcription.delta'; item_id: string; delta: string }
  | { type: 'conversation.item.input_audio_transcription.completed'; item_id: string; transcript: string }
  | { type: 'conversation.item.input_audio_transcription.failed'; item_id: string }
  | { type: 'response.created'; response: { id: string } }
  | ({ type: 'response.output_audio.delta' } & Said)
  | { type: 'response.output_audio.done'; item_id: string }
  | ({ type: 'response.output_audio_transcript.delta' } & Said)
  | ({ type: 'response.output_text.delta' } & Said)
  | { type: 'response.done'; response: { id: string } }

export type KnownEvent = RealtimeEvent | ServerEvent

/** What the server allows a browser to say: docs/protocol.md. */
export type ClientMessage =
  | ClientEvent
  | { type: 'input_audio_buffer.append'; audio: string }
  | { type: 'response.cancel' }
  | {
      type: 'conversation.item.create'
      item: { type: 'message'; role: 'user'; content: [{ type: 'input_text'; text: string }] }
    }
  | { type: 'conversation.item.truncate'; item_id: string; content_index: 0; audio_end_ms: number }

export type Body = Record<string, unknown> & { type: string }

export interface Incoming {
  body: Body
  /** The same event when the page acts on its type and its fields are what they should be. */
  known: KnownEvent | null
}

type Fields = Record<string, 'string' | 'number' | 'boolean' | 'object'>

const text: Fields = { item_id: 'string', response_id: 'string', delta: 'string' }

/** The fields that the page relies on, by type. */
const FIELDS: Record<KnownEvent['type'], Fields> = {
  'session.updated': {},
  'input_audio_buffer.speech_started': { item_id: 'string' },
  'input_audio_buffer.speech_stopped': { item_id: 'string' },
  'input_audio_buffer.committed': { item_id: 'string' },
  'input_audio_buffer.cleared': {},
  'conversation.item.added': { item: 'object' },
  'conversation.item.deleted': { item_id: 'string' },
  'conversation.item.input_audio_transcription.delta': { item_id: 'string', delta: 'string' },
  'conversation.item.input_audio_transcription.completed': { item_id: 'string', transcript: 'string' },
  'conversation.item.input_audio_transcription.failed': { item_id: 'string' },
  'response.created': { response: 'object' },
  'response.output_audio.delta': text,
  'response.output_audio.done': { item_id: 'string' },
  'response.output_audio_transcript.delta': text,
  'response.output_text.delta': text,
  'response.done': { response: 'object' },
  'vivavoce.hello': {
    session_id: 'string',
    scenario: 'object',
    resume_token: 'string',
    resumable_seconds: 'number',
    seq: 'number',
  },
  'vivavoce.transcript': { seq: 'number', line: 'object' },
  'vivavoce.grade': { seq: 'number', grade: 'object' },
  'vivavoce.quiz': { seq: 'number', items: 'object' },
  'vivavoce.quiz.marked': { seq: 'number', item_id: 'string' },
  'vivavoce.hint': { seq: 'number', rung: 'number', text: 'string', cost: 'number' },
  'vivavoce.goal': { seq: 'number', goal_id: 'string' },
  'vivavoce.consent': { seq: 'number', audio: 'boolean' },
  'vivavoce.notice': { code: 'string', message: 'string' },
  'vivavoce.going_away': { retry_ms: 'number', message: 'string' },
  'vivavoce.ending': { seq: 'number', reason: 'string' },
  'vivavoce.ended': { seq: 'number', reason: 'string', message: 'string' },
}

/** Names from before the API was generally available, which some compatible servers still use. */
const OLD_NAMES: Record<string, KnownEvent['type']> = {
  'response.audio.delta': 'response.output_audio.delta',
  'response.audio.done': 'response.output_audio.done',
  'response.audio_transcript.delta': 'response.output_audio_transcript.delta',
  'response.text.delta': 'response.output_text.delta',
  'conversation.item.created': 'conversation.item.added',
}

/** Null when the frame is not an event at all. */
export function read(frame: unknown): Incoming | null {
  if (typeof frame !== 'string') return null
  let body: unknown
  try {
    body = JSON.parse(frame)
  } catch {
    return null
  }
  if (!isObject(body) || typeof body.type !== 'string') return null
  const type = OLD_NAMES[body.type] ?? body.type
  return { body: body as Body, known: isKnown(body, type) ? ({ ...body, type } as KnownEvent) : null }
}

function isKnown(body: Record<string, unknown>, type: string): boolean {
  if (!Object.hasOwn(FIELDS, type)) return false
  const fields = Object.entries(FIELDS[type as KnownEvent['type']])
  return fields.every(([name, kind]) => typeof body[name] === kind && body[name] !== null)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
