import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toBase64 } from '../audio/pcm'
import { createCall } from './engine'
import { FakeWorld, line, scenario } from './fakes'
import type { Call } from './types'

let world: FakeWorld
let call: Call

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('navigator', { userAgent: 'Firefox/153' })
  world = new FakeWorld()
  call = createCall(world.ports)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const settle = () => vi.advanceTimersByTimeAsync(0)
const state = () => call.snapshot().state
const failure = () => call.snapshot().failure

async function start(microphone = true) {
  call.start(scenario, { user: 'ada', microphone })
  await settle()
}

async function live(microphone = true) {
  await start(microphone)
  world.server.hello()
  world.server.say({ type: 'session.updated' })
}

/** `ms` of the persona's voice. */
function speaks(ms: number, item_id = 'a1', response_id = 'r1') {
  const delta = toBase64(new Int16Array(24 * ms).fill(8000))
  world.server.say({ type: 'response.output_audio.delta', item_id, response_id, delta })
}

const created = (id = 'r1') => world.server.say({ type: 'response.created', response: { id } })
const done = (id = 'r1') => world.server.say({ type: 'response.done', response: { id } })
const speechStarted = () =>
  world.server.say({ type: 'input_audio_buffer.speech_started', item_id: 'u1', audio_start_ms: 0 })

function recorded(seq = 1) {
  world.server.say({ type: 'vivavoce.transcript', seq, line: line(`u${seq}`, 'user', 'Hello', seq) })
}

const ended = (reason: string, seq = 90) =>
  world.server.say({ type: 'vivavoce.ended', seq, reason, message: 'The server’s words.', seconds: 9 })

const grade = (seq = 89) => world.server.say({ type: 'vivavoce.grade', seq, grade: { score: 80 } })

describe('a call', () => {
  it('goes from the button to the grade', async () => {
    const states: string[] = []
    call.subscribe(() => states.at(-1) === state() || states.push(state()))
    await live()
    created()
    speaks(200)
    done()
    world.speaker.render(300)
    world.server.say({ type: 'input_audio_buffer.speech_stopped', item_id: 'u1' })
    expect(state()).toBe('thinking')
    created('r2')
    speaks(100, 'a2', 'r2')
    done('r2')
    world.speaker.render(200)
    recorded()
    call.end()
    await settle()
    grade()
    ended('learner_ended')
    expect(states).toEqual([
      'requesting-mic',
      'connecting',
      'thinking',
      'speaking',
      'listening',
      'thinking',
      'speaking',
      'listening',
      'ended',
    ])
    expect(call.snapshot()).toMatchObject({ grade: { score: 80 }, connected: true, failure: null })
    expect(world.server.types().at(-1)).toBe('vivavoce.end')
    expect(world.microphone.closed && world.speaker.closed).toBe(true)
  })

  it('sends the first words that were said while it connected', async () => {
    await start()
    world.microphone.hear(0.5, 10)
    world.server.hello()
    expect(world.server.sent).toEqual([])
    world.server.say({ type: 'session.updated' })
    world.microphone.hear(0.5)
    expect(world.server.types()).toEqual(['input_audio_buffer.append', 'input_audio_buffer.append'])
    expect(world.server.sent[0]).toMatchObject({ audio: toBase64(new Int16Array(9600).fill(16384)) })
  })

  const keepsSound = { ...scenario, privacy: { record: 'audio' as const, retain_days: 30 } }
  const agreed = () => world.server.sent.filter(({ type }) => type === 'vivavoce.consent')

  it('tells the server before the first word whether the sound may be kept', async () => {
    call.start(keepsSound, { user: 'ada', microphone: true, audio: true })
    await settle()
    world.microphone.hear(0.5)
    world.server.hello({ scenario: keepsSound })
    world.server.say({ type: 'session.updated' })
    expect(world.server.types()).toEqual(['vivavoce.consent', 'input_audio_buffer.append'])
    expect(agreed()).toEqual([{ type: 'vivavoce.consent', audio: true }])
  })

  it('says no for a learner who said nothing, and again when the line broke before it was noted', async () => {
    call.start(keepsSound, { user: 'ada', microphone: false })
    await settle()
    world.server.hello({ scenario: keepsSound })
    expect(agreed()).toEqual([{ type: 'vivavoce.consent', audio: false }])
    world.server.drop()
    await vi.advanceTimersByTimeAsync(1000)
    world.server.hello({ scenario: keepsSound })
    expect(agreed()).toHaveLength(1)
    world.server.say({ type: 'vivavoce.consent', seq: 1, audio: false })
    world.server.drop()
    await vi.advanceTimersByTimeAsync(1000)
    world.server.hello({ scenario: keepsSound })
    expect(agreed()).toEqual([])
  })

  it('asks nobody where no sound is kept', async () => {
    await live()
    expect(agreed()).toEqual([])
  })

  it('can begin at a turn of an earlier one', async () => {
    call.start(scenario, { user: 'ada', microphone: false, from: 'call_1:item_4' })
    await settle()
    expect(world.server.address).toMatchObject({ from: 'call_1:item_4', resume: null })
  })

  it('asks for one hint at a time, while there are any', async () => {
    await live(false)
    call.askForHint()
    call.askForHint()
    expect(world.server.types()).toEqual(['vivavoce.hint.request'])
    world.server.say({
      type: 'vivavoce.hint',
      seq: 1,
      hint: 0,
      rung: 1,
      kind: 'nudge',
      text: 'Ask.',
      cost: 1,
    })
    call.askForHint()
    world.server.say({ type: 'vivavoce.notice', level: 'info', code: 'no_hint', message: 'No more.' })
    call.askForHint()
    expect(world.server.types()).toHaveLength(2)
    expect(call.snapshot().hints).toHaveLength(1)
  })

  it('can be typed, without a microphone', async () => {
    await live(false)
    expect(world.microphones).toEqual([])
    call.sendText('  Good evening ')
    await settle()
    expect(world.server.sent).toEqual([
      {
        type: 'conversation.item.create',
        item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Good evening' }] },
      },
    ])
    expect(state()).toBe('thinking')
  })

  it('can be typed into before the persona is ready', async () => {
    await start(false)
    world.server.hello()
    call.sendText('Good evening')
    await settle()
    expect(world.server.types()).toEqual(['conversation.item.create'])
  })

  it('gives the turn back when nobody answers', async () => {
    await live()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(state()).toBe('listening')
  })

  it('lets the persona finish when the server ends the call', async () => {
    await live()
    created()
    speaks(500)
    done()
    recorded()
    grade()
    ended('lesson_graded')
    expect(world.microphone.closed).toBe(true)
    expect(state()).toBe('speaking')
    world.speaker.render(600)
    expect(state()).toBe('ended')
    expect(world.speaker.closed).toBe(true)
  })

  it('that the server ended takes neither words nor a microphone any more', async () => {
    await live()
    created()
    speaks(500)
    done()
    recorded()
    grade()
    ended('lesson_graded')
    call.sendText('One more thing')
    call.chooseInput('mic-2')
    await settle()
    expect(world.server.sent).toEqual([])
    expect(world.microphones).toHaveLength(1)
    expect(state()).toBe('speaking')
  })

  it('ends although the last response is never said to be done', async () => {
    await live()
    recorded()
    created()
    speaks(500)
    grade()
    ended('time_limit')
    expect(state()).toBe('speaking')
    world.speaker.render(600)
    expect(state()).toBe('ended')
  })

  it('begins anew after the last one, with the chosen devices', async () => {
    await live()
    call.chooseInput('mic-2')
    call.end()
    await settle()
    ended('learner_ended')
    call.start(scenario, { user: 'ada', microphone: true })
    await settle()
    expect(world.servers).toHaveLength(2)
    expect(world.servers[0]?.closedByPage).toBe(true)
    expect(world.microphone.opened).toEqual(['mic-2'])
    expect(call.snapshot()).toMatchObject({ state: 'connecting', ended: null, bubbles: [], events: [] })
  })

  it('is given up when it is ended before it began', async () => {
    await start()
    call.end()
    expect(state()).toBe('idle')
    expect(world.microphone.closed && world.server.closedByPage).toBe(true)
  })

  it('begins only once, however often the button is pressed', async () => {
    call.start(scenario, { user: 'ada', microphone: true })
    call.start(scenario, { user: 'ada', microphone: true })
    await settle()
    expect(world.microphones).toHaveLength(1)
    expect(world.servers).toHaveLength(1)
  })
})

describe('a call that was left', () => {
  it('does not say its end to the next one', async () => {
    await live()
    created()
    speaks(1000)
    const { speaker } = world
    const clear = speaker.clear.bind(speaker)
    speaker.clear = () => new Promise((resolve) => setTimeout(() => resolve(clear()), 250))
    call.end()
    call.reset()
    await live(false)
    await vi.advanceTimersByTimeAsync(250)
    expect(world.server.sent).toEqual([])
  })

  it('does not tell the next one of its speaker', async () => {
    const { speaker } = world.ports
    let answer: (audible: boolean) => void = () => undefined
    world.ports.speaker = (events) =>
      Object.assign(speaker(events), { open: () => new Promise((resolve) => (answer = resolve)) })
    await start(false)
    world.ports.speaker = speaker
    call.end()
    await live(false)
    answer(false)
    await settle()
    expect(failure()).toBeNull()
  })
})

describe('an interruption', () => {
  it('silences the persona and tells the server what was heard', async () => {
    await live()
    created()
    speaks(1000)
    world.speaker.render(400)
    speechStarted()
    expect(state()).toBe('listening')
    await settle()
    expect(world.server.sent).toEqual([
      { type: 'conversation.item.truncate', item_id: 'a1', content_index: 0, audio_end_ms: 404 },
    ])
    expect(call.snapshot().bargeInMs).toBeGreaterThanOrEqual(0)
  })

  it('never claims more than was received', async () => {
    await live()
    created()
    speaks(100)
    world.speaker.render(5000)
    speechStarted()
    await settle()
    expect(world.server.sent[0]).toMatchObject({ audio_end_ms: 100 })
  })

  it('drops the late audio of the response that was cut, and plays the next', async () => {
    await live()
    created()
    speaks(500)
    world.speaker.render(100)
    speechStarted()
    await settle()
    speaks(500)
    expect(world.speaker.playing).toBe(false)
    done()
    created('r2')
    speaks(100, 'a2', 'r2')
    expect(world.speaker.playing).toBe(true)
  })

  it('drops a response of which nothing was heard yet, and truncates nothing', async () => {
    await live()
    created()
    speechStarted()
    await settle()
    speaks(100)
    expect(world.speaker.playing).toBe(false)
    expect(world.server.sent).toEqual([])
  })

  it('is nothing when nothing plays', async () => {
    await live()
    created()
    speaks(100)
    done()
    world.speaker.render(200)
    speechStarted()
    await settle()
    expect(world.server.sent).toEqual([])
  })

  it('truncates every reply that was waiting, and not the one that was heard', async () => {
    await live()
    created()
    speaks(100, 'a1')
    world.server.say({ type: 'response.output_audio.done', item_id: 'a1' })
    speaks(300, 'a2')
    speaks(300, 'a3')
    world.speaker.render(200)
    speechStarted()
    await settle()
    expect(world.server.sent).toMatchObject([
      { item_id: 'a2', audio_end_ms: 104 },
      { item_id: 'a3', audio_end_ms: 0 },
    ])
  })

  it('by typing cancels the response, then truncates, then speaks', async () => {
    await live()
    created()
    speaks(1000)
    world.speaker.render(200)
    call.sendText('Stop')
    call.sendText('please')
    await settle()
    expect(world.server.types()).toEqual([
      'response.cancel',
      'conversation.item.truncate',
      'conversation.item.create',
      'conversation.item.create',
    ])
  })

  it('by the button cancels nothing that is generated already', async () => {
    await live()
    created()
    speaks(1000)
    done()
    world.speaker.render(200)
    call.interrupt()
    await settle()
    expect(world.server.types()).toEqual(['conversation.item.truncate'])
  })
})

describe('the microphone', () => {
  const audio = () => world.server.sent.map((message) => ('audio' in message ? message.audio : ''))
  const silence = toBase64(new Int16Array(960))

  it('sends silence while muted', async () => {
    await live()
    call.setMuted(true)
    world.microphone.hear(0.5)
    call.setMuted(false)
    world.microphone.hear(0.5)
    expect(audio().map((sent) => sent === silence)).toEqual([true, false])
  })

  it('sends only what is said while the key is held', async () => {
    await live()
    call.setTalking(true)
    expect(call.snapshot().talking).toBe(false)
    call.setHoldToTalk(true)
    world.microphone.hear(0.5)
    call.setTalking(true)
    world.microphone.hear(0.5)
    call.setTalking(false)
    world.microphone.hear(0.5)
    expect(audio().map((sent) => sent === silence)).toEqual([true, false, true])
  })

  it.each([
    ['NotAllowedError', 'mic-refused'],
    ['NotFoundError', 'mic-missing'],
    ['NotReadableError', 'mic-busy'],
    ['InsecureContextError', 'mic-insecure'],
  ])('that cannot be had (%s) is no dead end', async (name, code) => {
    world.refusal = name
    await start()
    expect(state()).toBe('error')
    expect(failure()).toMatchObject({ code, fatal: true })
    expect(world.servers).toEqual([])
    world.refusal = null
    call.act('type-instead')
    await settle()
    expect(state()).toBe('connecting')
    expect(call.snapshot().microphone).toBe(false)
  })

  it('is asked for again when it was allowed or plugged in', async () => {
    world.refusal = 'NotAllowedError'
    await start()
    expect(failure()?.message).toContain('crossed-out microphone')
    world.refusal = 'NotFoundError'
    world.permitted()
    await settle()
    expect(failure()?.code).toBe('mic-missing')
    world.refusal = null
    world.devices = { inputs: [{ deviceId: 'm' } as MediaDeviceInfo], outputs: [] }
    world.changed()
    await settle()
    expect(state()).toBe('connecting')
    expect(failure()).toBeNull()
  })

  it('that is unplugged leaves the call running, and another takes its place', async () => {
    await live()
    world.microphone.events.lost()
    expect(failure()).toMatchObject({ code: 'mic-unplugged', fatal: false })
    expect(state()).toBe('thinking')
    world.devices = { inputs: [{ deviceId: 'm' } as MediaDeviceInfo], outputs: [] }
    world.changed()
    await settle()
    expect(world.microphone.opened).toEqual(['', ''])
    expect(failure()).toBeNull()
  })

  it('that is refused in a call is a banner, and typing goes on', async () => {
    await live()
    world.microphone.refusal = 'NotAllowedError'
    call.chooseInput('mic-2')
    await settle()
    expect(failure()).toMatchObject({ code: 'mic-refused', fatal: false })
    call.act('type-instead')
    expect(call.snapshot()).toMatchObject({ failure: null, microphone: false, state: 'thinking' })
    expect(world.microphone.closed).toBe(true)
  })

  it('that was chosen and is gone is replaced by any', async () => {
    await live()
    world.microphone.refusal = 'OverconstrainedError'
    call.chooseInput('mic-2')
    await settle()
    expect(world.microphone.opened).toEqual(['', ''])
    expect(call.snapshot().inputId).toBe('')
  })

  it('that gives nothing for five seconds of the learner’s turn is noticed', async () => {
    await live()
    created()
    done()
    world.microphone.hear(0, 125)
    expect(failure()).toMatchObject({ code: 'mic-silent', fatal: false })
    world.microphone.hear(0.3)
    expect(failure()).toBeNull()
  })

  it('that the system mutes is noticed', async () => {
    await live()
    world.microphone.events.deviceMuted(true)
    expect(failure()?.code).toBe('mic-silent')
    world.microphone.events.deviceMuted(false)
    expect(failure()).toBeNull()
  })
})

describe('sound that the browser holds back', () => {
  it('does not stop the call, and comes with a tap', async () => {
    world.audible = false
    await live()
    expect(failure()).toMatchObject({ code: 'sound-blocked', fatal: false })
    expect(state()).toBe('thinking')
    call.act('resume-sound')
    world.speaker.events.blocked(false)
    expect(failure()).toBeNull()
  })

  it('needs both clocks', async () => {
    await live()
    world.speaker.events.blocked(true)
    world.microphone.events.blocked(true)
    world.speaker.events.blocked(false)
    expect(failure()?.code).toBe('sound-blocked')
    world.microphone.events.blocked(false)
    expect(failure()).toBeNull()
  })
})

describe('the line', () => {
  it('comes back by itself, with what was said meanwhile', async () => {
    await live()
    created()
    speaks(300)
    world.server.drop()
    expect(call.snapshot()).toMatchObject({ state: 'reconnecting', connected: false })
    world.microphone.hear(0.5, 3)
    world.speaker.render(400)
    await vi.advanceTimersByTimeAsync(500)
    world.server.hello()
    expect(call.snapshot()).toMatchObject({ state: 'listening', connected: true })
    expect(world.server.types()).toEqual(['input_audio_buffer.append'])
  })

  it('that stays away ends in words, with a way on', async () => {
    await live()
    while (state() !== 'error') {
      world.server.drop()
      await vi.advanceTimersByTimeAsync(8000)
    }
    expect(failure()).toMatchObject({ code: 'connection-lost', actions: ['start-again', 'menu'] })
    expect(world.microphone.closed).toBe(true)
    call.act('start-again')
    await settle()
    expect(state()).toBe('connecting')
    expect(world.server.address.resume).toBeNull()
  })

  it('that another tab took is not fought for', async () => {
    await live()
    world.server.drop(4001)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(failure()?.code).toBe('taken-over')
    expect(world.servers).toHaveLength(1)
  })

  it.each([
    [true, 'server-unreachable'],
    [null, 'server-unreachable'],
    [false, 'unknown-scenario'],
  ])('that never opened is explained: scenario known %s', async (known, code) => {
    world.known = known
    await start()
    world.server.drop()
    await settle()
    expect(failure()).toMatchObject({ code, fatal: true })
    world.known = true
    call.act('reconnect')
    await settle()
    expect(state()).toBe('connecting')
  })

  it('that never opened for a turn to try again can be had from the beginning', async () => {
    call.start(scenario, { user: 'ada', microphone: false, from: 'call_1:item_4' })
    await settle()
    world.server.drop()
    await settle()
    expect(failure()).toMatchObject({ code: 'retry-refused', actions: ['start-again', 'menu'], fatal: true })
    call.act('start-again')
    await settle()
    expect(world.server.address.from).toBeNull()
  })

  it('that breaks while the call is being ended carries the end when it is back', async () => {
    await live()
    call.end()
    await settle()
    world.server.drop()
    expect(state()).toBe('ended')
    await vi.advanceTimersByTimeAsync(500)
    world.server.hello()
    expect(world.server.types()).toEqual(['vivavoce.end'])
    grade()
    expect(call.snapshot().grade).toEqual({ score: 80 })
  })
})

describe('the end', () => {
  it('says so when the grade does not come, and shows it when it does', async () => {
    await live()
    call.end()
    await settle()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(failure()).toMatchObject({ code: 'grade-late', fatal: false })
    expect(state()).toBe('ended')
    grade(91)
    expect(call.snapshot()).toMatchObject({ failure: null, grade: { score: 80 } })
  })

  it('waits for no grade when the server ends the call without one', async () => {
    await live()
    call.end()
    await settle()
    ended('learner_ended')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(failure()).toBeNull()
  })

  it('stops the voice, and tells how much of it was heard', async () => {
    await live()
    created()
    speaks(1000)
    world.speaker.render(100)
    call.end()
    expect(world.speaker.playing).toBe(false)
    expect(world.microphone.closed).toBe(true)
    await settle()
    expect(world.server.types()).toEqual(['response.cancel', 'conversation.item.truncate', 'vivavoce.end'])
    speaks(1000)
    expect(world.speaker.playing).toBe(false)
  })

  it.each([
    ['provider_unavailable', 'upstream-down'],
    ['server_stopping', 'server-failed'],
    ['taken_over', 'taken-over'],
  ])('for %s before a word was said is an error with the reason', async (reason, code) => {
    await live()
    ended(reason)
    expect(state()).toBe('error')
    expect(failure()?.code).toBe(code)
    if (code !== 'taken-over') expect(failure()?.message).toBe('The server’s words.')
  })

  it('leaves no trouble with devices, and opens no microphone that is plugged in later', async () => {
    await live()
    world.speaker.events.blocked(true)
    world.microphone.events.lost()
    call.end()
    await settle()
    ended('learner_ended')
    expect(failure()).toBeNull()
    world.devices = { inputs: [{ deviceId: 'm' } as MediaDeviceInfo], outputs: [] }
    world.changed()
    call.act('retry-mic')
    await settle()
    expect(world.microphones).toHaveLength(1)
    expect(world.microphone.closed).toBe(true)
  })

  it('keeps the grade when another tab begins the next call', async () => {
    await live()
    recorded()
    grade()
    ended('learner_ended')
    world.server.drop(4001)
    await settle()
    expect(call.snapshot()).toMatchObject({ state: 'ended', failure: null, grade: { score: 80 } })
  })

  it('for a lost provider stays the reason, however long it stands', async () => {
    await live()
    recorded()
    call.end()
    await settle()
    ended('provider_closed')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(failure()?.code).toBe('upstream-down')
  })

  it('for a lost provider keeps what was said, and its grade', async () => {
    await live()
    recorded()
    grade()
    ended('provider_closed')
    expect(state()).toBe('ended')
    expect(failure()).toMatchObject({ code: 'upstream-down', fatal: false })
    expect(call.snapshot().grade).not.toBeNull()
  })

  it('leaves the line open for the quiz, and says so when it is gone', async () => {
    await live()
    recorded()
    grade()
    ended('time_limit')
    call.answerQuiz('q1', 'yes')
    expect(world.server.sent.at(-1)).toEqual({ type: 'vivavoce.quiz.answer', item_id: 'q1', answer: 'yes' })
    world.server.drop(1000)
    await settle()
    expect(call.snapshot()).toMatchObject({ state: 'ended', connected: false, failure: null })
    call.answerQuiz('q2', 'no')
    expect(failure()).toMatchObject({ code: 'connection-lost', fatal: false })
  })

  it('gives everything back when the page goes to the menu', async () => {
    await live()
    call.reset()
    expect(world.microphone.closed && world.speaker.closed && world.server.closedByPage).toBe(true)
    expect(call.snapshot()).toMatchObject({ state: 'idle', scenario: null, connected: false })
  })
})

describe('what the screens are told', () => {
  it('is the same object until something changed', async () => {
    await live()
    expect(call.snapshot()).toBe(call.snapshot())
  })

  it('comes at once for what matters, and in bundles for raw events', async () => {
    await live()
    await vi.advanceTimersByTimeAsync(1000)
    let told = 0
    call.subscribe(() => {
      told += 1
    })
    world.microphone.hear(0.5, 20)
    expect(told).toBe(0)
    await vi.advanceTimersByTimeAsync(200)
    expect(told).toBe(1)
    expect(call.snapshot().events.at(-1)).toMatchObject({ type: 'input_audio_buffer.append', frames: 20 })
    created()
    expect(told).toBe(2)
  })
})
