// What the page knows of the call, as a pure function of what happened. The engine does; this only concludes.
import type { ServerEvent } from '../contract.gen'
import type { NextTry } from './connection'
import {
  withDelta,
  withInterruption,
  withLine,
  without,
  withoutEmpty,
  withPreview,
  withText,
} from './transcript'
import type { Bubble, CallSnapshot, CallState, Failure, Gap } from './types'
import type { ClientMessage, Item, KnownEvent } from './wire'

/** Where the engine is with its devices and its socket. While `live`, the turn decides what the screen shows. */
export type Phase = Exclude<CallState, 'listening' | 'thinking' | 'speaking'> | 'live'

/** The snapshot, and what it is concluded from. */
export interface CallModel extends CallSnapshot {
  phase: Phase
  /** The persona's voice is to be heard. */
  playing: boolean
  /** The response that is being generated. */
  response: string | null
  /** The learner's turn is over, or the opening line was asked for, and no response has begun. */
  awaiting: boolean
  /** The learner's item that is being spoken, until it is committed. */
  hearing: string | null
  /** Number of the newest durable event. */
  seq: number
  /** What the server said before it goes. */
  farewell: string | null
  /** The line is back, and what was recorded meanwhile is still coming. */
  returning: Omit<Gap, 'after'> | null
}

export type Action =
  | { type: 'received'; event: KnownEvent; now: number }
  | { type: 'sent'; message: ClientMessage }
  | { type: 'playing'; playing: boolean }
  | { type: 'interrupted'; item: string; heardMs: number; receivedMs: number }
  | { type: 'phase'; phase: Phase }
  | { type: 'lineLost' }
  | { type: 'trying'; next: NextTry; now: number }
  | { type: 'returned'; gap: Omit<Gap, 'after'> }
  | { type: 'failed'; failure: Failure }
  | { type: 'recovered' }
  | { type: 'set'; values: Partial<CallSnapshot> & { awaiting?: boolean } }

export const initial: CallModel = {
  state: 'idle',
  phase: 'idle',
  connected: false,
  scenario: null,
  hello: null,
  bubbles: [],
  grade: null,
  quiz: [],
  marks: {},
  goals: [],
  hints: [],
  hintAsked: false,
  hintsOver: false,
  consent: null,
  ending: null,
  notices: [],
  ended: null,
  failure: null,
  outage: null,
  voiceLost: false,
  gaps: [],
  resuming: false,
  microphone: true,
  muted: false,
  holdToTalk: false,
  talking: false,
  inputs: [],
  outputs: [],
  inputId: '',
  outputId: '',
  startedAt: null,
  secondsLeft: null,
  bargeInMs: null,
  playing: false,
  response: null,
  awaiting: false,
  hearing: null,
  seq: 0,
  farewell: null,
  returning: null,
}

export function reduce(model: CallModel, action: Action): CallModel {
  const next = settled(changed(model, action))
  const state = stateOf(next)
  return state === next.state ? next : { ...next, state }
}

/** "Your turn" comes when the voice was heard to its end, not when its audio was generated. */
function stateOf(model: CallModel): CallState {
  if (model.phase !== 'live') return model.phase
  if (model.playing) return 'speaking'
  if (model.ended || model.ending) return 'ended'
  if (model.voiceLost) return 'reconnecting'
  return model.awaiting || model.response !== null ? 'thinking' : 'listening'
}

/** All that was recorded meanwhile has come: the gap stands behind it, and it is seen whose turn it is. */
function settled(model: CallModel): CallModel {
  const { returning, hello, bubbles } = model
  if (returning === null || hello === null || model.seq < hello.seq) return model
  const last = bubbles.at(-1)
  const gap = { ...returning, after: last?.item_id ?? null }
  // What the learner said last is answered now, if it was not before.
  return { ...model, returning: null, gaps: [...model.gaps, gap], awaiting: last?.role === 'user' }
}

function changed(model: CallModel, action: Action): CallModel {
  switch (action.type) {
    case 'received':
      return isOurs(action.event)
        ? recorded(model, action.event, action.now)
        : heard(model, action.event, action.now)
    case 'sent':
      return sent(model, action.message)
    case 'playing':
      return { ...model, playing: action.playing }
    case 'interrupted':
      return {
        ...model,
        bubbles: withInterruption(model.bubbles, action.item, action.heardMs, action.receivedMs),
      }
    case 'phase':
      return { ...model, phase: action.phase }
    case 'lineLost':
      return { ...model, connected: false, response: null, awaiting: false, hintAsked: false, outage: null }
    case 'trying':
      return { ...model, outage: outage(model, action.next, action.now) }
    case 'returned':
      // A preview that was cut is not gone on with: what is worth keeping comes from the record.
      return { ...model, returning: action.gap, bubbles: model.bubbles.filter(({ partial }) => !partial) }
    case 'failed':
      return {
        ...model,
        failure: action.failure,
        phase: action.failure.fatal ? 'error' : model.phase,
      }
    case 'recovered':
      return { ...model, failure: null }
    case 'set':
      return { ...model, ...action.values }
  }
}

function sent(model: CallModel, message: ClientMessage): CallModel {
  if (message.type === 'vivavoce.hint.request') return { ...model, hintAsked: true }
  // The server asks for the answer to a typed line by itself.
  return message.type === 'conversation.item.create' ? { ...model, awaiting: true } : model
}

/** Our own events. A durable one that came before is not taken twice. */
function recorded(model: CallModel, event: ServerEvent, now: number): CallModel {
  if (event.type === 'vivavoce.hello') {
    const startedAt = now - event.elapsed_seconds * 1000
    // `seq` stays: what the hello counts is still to come.
    const hintsOver = event.hints === 0
    const fresh = { outage: null, voiceLost: false, farewell: null }
    return {
      ...model,
      ...fresh,
      connected: true,
      hello: event,
      scenario: event.scenario,
      startedAt,
      hintsOver,
    }
  }
  if (event.type === 'vivavoce.going_away') return { ...model, farewell: event.message }
  if (event.type === 'vivavoce.notice') {
    const secondsLeft = event.seconds_left ?? model.secondsLeft
    return noticed({ ...model, notices: [...model.notices, event], secondsLeft }, event.code)
  }
  if (event.seq <= model.seq) return model
  const next = { ...model, seq: event.seq }
  switch (event.type) {
    case 'vivavoce.transcript':
      return { ...next, bubbles: withLine(model.bubbles, event.line) }
    case 'vivavoce.grade':
      return { ...next, grade: event.grade }
    case 'vivavoce.quiz':
      return { ...next, quiz: event.items }
    case 'vivavoce.quiz.marked':
      return { ...next, marks: { ...model.marks, [event.item_id]: event } }
    case 'vivavoce.hint':
      return { ...next, hints: [...model.hints, event], hintAsked: false }
    case 'vivavoce.goal':
      return { ...next, goals: [...model.goals, event.goal_id] }
    case 'vivavoce.consent':
      return { ...next, consent: event.audio }
    case 'vivavoce.ending':
      return { ...next, hintAsked: false, ending: event.reason }
    case 'vivavoce.ended':
      return { ...next, hintAsked: false, ended: event, bubbles: withoutEmpty(model.bubbles) }
  }
}

/** What a notice means beyond its words. */
function noticed(model: CallModel, code: string): CallModel {
  switch (code) {
    case 'no_hint':
      return { ...model, hintAsked: false, hintsOver: true }
    case 'upstream_lost':
      return { ...model, voiceLost: true, response: null }
    case 'upstream_back':
      return { ...model, voiceLost: false }
    case 'slow_answer':
      return { ...model, awaiting: true }
    default:
      return model
  }
}

/** The upstream's events: previews of what is being said, and whose turn it is. */
function heard(model: CallModel, event: Exclude<KnownEvent, ServerEvent>, now: number): CallModel {
  const { bubbles } = model
  switch (event.type) {
    case 'session.updated':
      // The first one means that the scenario is in place and the opening line was asked for; or that the earlier call
      // is, whose lines came before it, and the persona answers only if the learner spoke last.
      return model.phase === 'connecting'
        ? { ...model, phase: 'live', awaiting: bubbles.at(-1)?.role !== 'assistant' }
        : model
    case 'input_audio_buffer.speech_started': {
      // What was never committed was no turn.
      const cleaned = model.hearing === null ? bubbles : without(bubbles, model.hearing)
      return {
        ...model,
        bubbles: withPreview(cleaned, preview(model, event.item_id, 'user', now)),
        hearing: event.item_id,
        response: null,
        awaiting: false,
      }
    }
    case 'input_audio_buffer.speech_stopped':
      return { ...model, awaiting: true }
    case 'input_audio_buffer.committed':
      return {
        ...model,
        bubbles: withPreview(bubbles, preview(model, event.item_id, 'user', now)),
        hearing: null,
        awaiting: true,
      }
    case 'input_audio_buffer.cleared':
      return { ...model, bubbles: withoutEmpty(bubbles), hearing: null, awaiting: false }
    case 'conversation.item.added':
      return { ...model, bubbles: added(model, event.item, now) }
    case 'conversation.item.deleted':
    case 'conversation.item.input_audio_transcription.failed':
      return { ...model, bubbles: without(bubbles, event.item_id) }
    case 'conversation.item.input_audio_transcription.delta':
      return { ...model, bubbles: withDelta(bubbles, event.item_id, event.delta) }
    case 'conversation.item.input_audio_transcription.completed':
      return { ...model, bubbles: understood(bubbles, event.item_id, event.transcript) }
    case 'response.created':
      return { ...model, response: event.response.id, awaiting: false }
    case 'response.output_audio_transcript.delta':
    case 'response.output_text.delta': {
      const shown = withPreview(bubbles, preview(model, event.item_id, 'assistant', now))
      return { ...model, bubbles: withDelta(shown, event.item_id, event.delta) }
    }
    case 'response.done':
      return event.response.id === model.response ? { ...model, response: null } : model
    case 'response.output_audio.delta':
    case 'response.output_audio.done':
      return model
  }
}

function added(model: CallModel, item: Item, now: number): Bubble[] {
  const typed = item.content?.find(({ type }) => type === 'input_text')?.text
  if (item.type !== 'message' || item.role !== 'user' || !typed) return model.bubbles
  const shown = withPreview(model.bubbles, { ...preview(model, item.id, 'user', now), source: 'text' })
  return withText(shown, item.id, typed)
}

/** An empty transcript is a turn without words: noise, or the server's own time-out. */
function understood(bubbles: Bubble[], id: string, transcript: string): Bubble[] {
  return transcript.trim() === '' ? without(bubbles, id) : withText(bubbles, id, transcript)
}

function outage(model: CallModel, { at, failed, answer }: NextTry, now: number): CallSnapshot['outage'] {
  const { since, answer: before } = model.outage ?? { since: now, answer: null }
  return { since, nextTry: at, failed, answer: at === null ? before : answer, farewell: model.farewell }
}

function preview(model: CallModel, item_id: string, role: Bubble['role'], now: number) {
  const at = model.startedAt === null ? 0 : (now - model.startedAt) / 1000
  return { item_id, role, source: 'voice' as const, at }
}

function isOurs(event: KnownEvent): event is ServerEvent {
  return event.type.startsWith('vivavoce.')
}
