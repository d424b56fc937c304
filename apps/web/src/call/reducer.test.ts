import { describe, expect, it } from 'vitest'
import { line, scenario } from './fakes'
import { type Action, type CallModel, initial, reduce } from './reducer'
import { read } from './wire'

type Step = Action | ({ type: string } & Record<string, unknown>)

const actions = [
  'received',
  'sent',
  'playing',
  'interrupted',
  'phase',
  'lineLost',
  'trying',
  'returned',
  'failed',
  'recovered',
  'set',
]

/** Applies actions, and events of the wire. */
function follow(model: CallModel, ...steps: Step[]): CallModel {
  return steps.reduce((current: CallModel, step) => {
    if (actions.includes(step.type)) return reduce(current, step as Action)
    const incoming = read(JSON.stringify(step))
    if (!incoming?.known) throw new Error(`not an event that the page knows: ${step.type}`)
    return reduce(current, { type: 'received', event: incoming.known, now: 2000 })
  }, model)
}

const hello = {
  type: 'vivavoce.hello',
  session_id: 'call_1',
  resumable_seconds: 86_400,
  scenario,
  resume_token: 't',
  seq: 0,
  resumed: false,
  elapsed_seconds: 0,
}
const updated = { type: 'session.updated' }
const started = (item_id: string) => ({ type: 'input_audio_buffer.speech_started', item_id })
const committed = (item_id: string) => ({ type: 'input_audio_buffer.committed', item_id })
const created = (id: string) => ({ type: 'response.created', response: { id } })
const done = (id: string) => ({ type: 'response.done', response: { id } })
const says = (item_id: string, delta: string, response_id = 'r1') => ({
  type: 'response.output_audio_transcript.delta',
  item_id,
  response_id,
  delta,
})
const transcribed = (item_id: string, transcript: string) => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id,
  transcript,
})
const record = (seq: number, ...args: Parameters<typeof line>) => ({
  type: 'vivavoce.transcript',
  seq,
  line: line(...args),
})

const live = follow(initial, { type: 'phase', phase: 'connecting' }, hello, updated)
const shown = (model: CallModel) => model.bubbles.map(({ item_id, text }) => `${item_id}: ${text}`)

describe('whose turn it is', () => {
  it('waits for the opening line once the scenario is in place', () => {
    const connecting = follow(initial, { type: 'phase', phase: 'connecting' }, hello)
    expect(connecting).toMatchObject({ state: 'connecting', connected: true, scenario, startedAt: 2000 })
    expect(live.state).toBe('thinking')
  })

  it('is the learner’s at once when a call goes on after the persona’s words', () => {
    const connecting = follow(initial, { type: 'phase', phase: 'connecting' }, hello)
    const theirs = follow(connecting, record(1, 'vv_seed_1', 'assistant', 'My room is too loud.', 1))
    expect(follow(theirs, updated).state).toBe('listening')
    expect(follow(theirs, record(2, 'vv_seed_2', 'user', 'Sorry.', 2), updated).state).toBe('thinking')
  })

  it('becomes the learner’s when the voice was heard, not when it was generated', () => {
    const steps = [created('r1'), { type: 'playing', playing: true } as const, done('r1')]
    expect(follow(live, ...steps).state).toBe('speaking')
    expect(follow(live, ...steps, { type: 'playing', playing: false }).state).toBe('listening')
  })

  it('is the learner’s from the first sound of an interruption', () => {
    const speaking = follow(live, created('r1'), { type: 'playing', playing: true })
    const model = follow(speaking, started('u1'), { type: 'playing', playing: false })
    expect(model.state).toBe('listening')
    // The end of the cancelled response changes nothing, wherever it comes.
    const answering = follow(
      model,
      { type: 'input_audio_buffer.speech_stopped', item_id: 'u1' },
      committed('u1'),
    )
    expect(follow(answering, done('r1')).state).toBe('thinking')
    expect(follow(answering, done('r1'), created('r2'), done('r2')).state).toBe('listening')
  })

  it('stays the persona’s until its last words, when the server ends the call', () => {
    const ended = { type: 'vivavoce.ended', seq: 9, reason: 'lesson_graded', message: 'Done.', seconds: 60 }
    const speaking = follow(live, created('r1'), { type: 'playing', playing: true }, ended)
    expect(speaking.state).toBe('speaking')
    expect(follow(speaking, { type: 'playing', playing: false }).state).toBe('ended')
    expect(follow(live, ended).state).toBe('ended')
  })

  it('is nobody’s while the line is down, and open again after it', () => {
    const lost = follow(live, created('r1'), { type: 'lineLost' }, { type: 'phase', phase: 'reconnecting' })
    expect(lost).toMatchObject({ state: 'reconnecting', connected: false })
    const back = follow(lost, { ...hello, resumed: true }, { type: 'phase', phase: 'live' })
    expect(back).toMatchObject({ state: 'listening', connected: true })
  })
})

describe('the transcript', () => {
  it('keeps the learner’s place for words that come after the answer', () => {
    const model = follow(
      live,
      record(1, 'a1', 'assistant', 'Hello.', 1),
      started('u1'),
      committed('u1'),
      created('r2'),
      says('a2', 'I see'),
    )
    expect(shown(model)).toEqual(['a1: Hello.', 'u1: ', 'a2: I see'])
    const answered = follow(model, record(2, 'a2', 'assistant', 'I see.', 3))
    expect(shown(answered)).toEqual(['a1: Hello.', 'u1: ', 'a2: I see.'])
    expect(shown(follow(answered, transcribed('u1', 'The room')))).toEqual([
      'a1: Hello.',
      'u1: The room',
      'a2: I see.',
    ])
    const recorded = follow(answered, record(3, 'u1', 'user', 'The room is cold.', 2))
    expect(shown(recorded)).toEqual(['a1: Hello.', 'u1: The room is cold.', 'a2: I see.'])
    expect(recorded.bubbles.every(({ partial }) => !partial)).toBe(true)
  })

  it('follows the record’s order, and keeps a preview behind the line it came after', () => {
    const model = follow(
      live,
      record(1, 'b', 'assistant', 'B', 2),
      started('u'),
      record(2, 'a', 'user', 'A', 1),
    )
    expect(shown(model)).toEqual(['a: A', 'b: B', 'u: '])
    expect(model.bubbles.map(({ order }) => order)).toEqual([1, 2, 2])
  })

  it('adds the deltas of speech and transcription, until the record has the line', () => {
    const typed = { type: 'conversation.item.input_audio_transcription.delta', item_id: 'u1' }
    const model = follow(
      live,
      started('u1'),
      { ...typed, delta: 'It is ' },
      { ...typed, delta: 'cold' },
      record(1, 'u1', 'user', 'It’s cold.', 1),
      { ...typed, delta: ' here' },
    )
    expect(shown(model)).toEqual(['u1: It’s cold.'])
  })

  it('shows a typed line when the upstream has it', () => {
    const item = { id: 'u1', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }
    const model = follow(live, { type: 'conversation.item.added', item })
    expect(model.bubbles).toMatchObject([{ item_id: 'u1', text: 'Hi', source: 'text', partial: true }])
  })

  it('ignores items that nobody said', () => {
    const item = {
      id: 's1',
      type: 'message',
      role: 'system',
      content: [{ type: 'input_text', text: 'Hush' }],
    }
    expect(follow(live, { type: 'conversation.item.added', item }).bubbles).toEqual([])
    const broken = { type: 'conversation.item.added', item: { id: 'x', type: 'message', role: 'user' } }
    expect(follow(live, broken).bubbles).toEqual([])
  })

  it('takes back a turn without words', () => {
    expect(follow(live, started('u1'), committed('u1'), transcribed('u1', ' ')).bubbles).toEqual([])
    expect(shown(follow(live, started('u1'), started('u2')))).toEqual(['u2: '])
    expect(shown(follow(live, started('u1'), committed('u1'), started('u2')))).toEqual(['u1: ', 'u2: '])
  })

  it('cuts an interrupted line where it was heard, and takes no late words', () => {
    const cut: Action = { type: 'interrupted', item: 'a1', heardMs: 500, receivedMs: 1000 }
    const model = follow(live, created('r1'), says('a1', 'Good evening'), cut, says('a1', ' to you'))
    expect(model.bubbles).toMatchObject([
      { text: 'Good evening', interrupted: true, heard_ms: 500, heard_chars: 6, partial: true },
    ])
    const other = { ...record(1, 'a1', 'assistant', 'Good evening to', 1) }
    expect(follow(model, other).bubbles[0]).toMatchObject({ interrupted: false, partial: false })
  })
})

describe('the record', () => {
  it('is taken once, however often it comes', () => {
    const model = follow(live, record(1, 'a', 'user', 'old', 1), record(2, 'a', 'user', 'new', 1))
    expect(shown(follow(model, record(1, 'a', 'user', 'old', 1)))).toEqual(['a: new'])
    expect(model.seq).toBe(2)
  })

  it('is taken up where it broke off', () => {
    const before = follow(live, record(1, 'a', 'assistant', 'A', 1), created('r1'), says('b', 'half'))
    const model = follow(
      before,
      { type: 'lineLost' },
      { ...hello, resumed: true, seq: 3, elapsed_seconds: 1 },
      record(2, 'b', 'assistant', 'whole', 2),
      record(3, 'c', 'user', 'C', 3),
    )
    expect(shown(model)).toEqual(['a: A', 'b: whole', 'c: C'])
    expect(model.startedAt).toBe(1000)
  })

  it('holds the goals that are reached and the help that was given', () => {
    const hint = { type: 'vivavoce.hint', seq: 2, hint: 0, rung: 1, kind: 'nudge', text: 'Ask.', cost: 2 }
    const steps = [{ type: 'vivavoce.goal', seq: 1, goal_id: 'listen' }, hint, { ...hint, seq: 3, rung: 2 }]
    const model = follow(live, ...steps)
    expect(model.goals).toEqual(['listen'])
    expect(model.hints.map(({ rung }) => rung)).toEqual([1, 2])
    // Told once more after a line that broke, nothing is counted twice.
    expect(follow(model, { ...hello, resumed: true, seq: 3 }, ...steps)).toMatchObject({
      goals: model.goals,
      hints: model.hints,
    })
  })

  it('waits for help from when it was asked for until it came, or there is none', () => {
    const message = { type: 'vivavoce.hint.request' } as const
    const asked = follow(live, { type: 'sent', message })
    expect(asked).toMatchObject({ hintAsked: true, hintsOver: false })
    const hint = { type: 'vivavoce.hint', seq: 1, hint: 0, rung: 1, kind: 'nudge', text: 'Ask.', cost: 2 }
    expect(follow(asked, hint)).toMatchObject({ hintAsked: false, hintsOver: false })
    const none = { type: 'vivavoce.notice', level: 'info', code: 'no_hint', message: 'No more.' }
    expect(follow(asked, none)).toMatchObject({ hintAsked: false, hintsOver: true })
    expect(follow(asked, { type: 'lineLost' }).hintAsked).toBe(false)
    expect(follow(live, { ...hello, resumed: true, hints: 0 }).hintsOver).toBe(true)
  })

  it('knows what the server noted of the consent', () => {
    expect(live.consent).toBeNull()
    expect(follow(live, { type: 'vivavoce.consent', seq: 1, audio: true }).consent).toBe(true)
  })

  it('holds grade, quiz, marks and notices', () => {
    const marked = { type: 'vivavoce.quiz.marked', seq: 3, item_id: 'q1', correct: true }
    const notice = {
      type: 'vivavoce.notice',
      level: 'info',
      code: 'time_left',
      message: 'A minute',
      seconds_left: 60,
    }
    const model = follow(
      live,
      { type: 'vivavoce.grade', seq: 1, grade: { score: 70 } },
      { type: 'vivavoce.quiz', seq: 2, items: [{ id: 'q1' }] },
      marked,
      notice,
    )
    expect(model).toMatchObject({
      grade: { score: 70 },
      quiz: [{ id: 'q1' }],
      marks: { q1: marked },
      notices: [notice],
      secondsLeft: 60,
    })
  })
})
