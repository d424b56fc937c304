import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Refusal } from '../api'
import { toBase64 } from '../audio/pcm'
import { createCall } from './engine'
import { FakeWorld, line, scenario } from './fakes'
import type { KeptCall } from './kept'
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
const says = (delta: string) =>
  world.server.say({
    type: 'response.output_audio_transcript.delta',
    item_id: 'a1',
    response_id: 'r1',
    delta,
  })
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
    expect(call.snapshot()).toMatchObject({ state: 'connecting', ended: null, bubbles: [] })
    expect(call.events.snapshot()).toEqual([])
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

  it('that stays away ends in words, and the call can be continued', async () => {
    await live()
    recorded(4)
    while (state() !== 'error') {
      world.server.drop()
      await vi.advanceTimersByTimeAsync(8000)
    }
    expect(failure()).toMatchObject({ code: 'connection-lost', actions: ['continue', 'menu'] })
    expect(call.snapshot()).toMatchObject({ connected: false, outage: null })
    expect(world.microphone.closed).toBe(true)
    call.act('continue')
    await settle()
    expect(state()).toBe('connecting')
    expect(call.snapshot().bubbles).toEqual([])
    expect(world.server.address.resume).toEqual({ token: 'token-first', after: 0 })
  })

  it('that is waited for shows when it is tried, and what the server said', async () => {
    await live()
    world.server.say({ type: 'vivavoce.going_away', resume: true, retry_ms: 1000, message: 'Restarting.' })
    world.noTicket = new Refusal(503, 'Not yet.', 'stopping', 2)
    const began = performance.now()
    world.server.drop(1012)
    expect(call.snapshot().outage).toEqual({
      since: began,
      nextTry: began + 1000,
      failed: 0,
      answer: null,
      farewell: 'Restarting.',
    })
    await vi.advanceTimersByTimeAsync(1000)
    expect(call.snapshot().outage).toMatchObject({ since: began, failed: 1, answer: 'Not yet.' })
    world.noTicket = null
    call.tryNow()
    expect(call.snapshot().outage).toMatchObject({ since: began, nextTry: null, answer: 'Not yet.' })
    await settle()
    world.server.hello()
    expect(call.snapshot()).toMatchObject({ outage: null, connected: true })
  })

  it('is tried at once when the browser has a network again, or the page is looked at', async () => {
    await live()
    world.server.drop()
    world.awake()
    await settle()
    expect(world.servers).toHaveLength(2)
  })

  it('need not be waited for: the call can be continued later', async () => {
    await live()
    call.stopTrying()
    expect(state()).toBe('thinking')
    world.server.drop()
    call.stopTrying()
    expect(failure()).toMatchObject({ code: 'connection-lost', actions: ['continue', 'menu'], fatal: true })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(world.servers).toHaveLength(1)
  })

  it('that is back shows the record without what was only a preview, and where the hole is', async () => {
    await live()
    recorded(1)
    created()
    world.server.say({
      type: 'response.output_audio_transcript.delta',
      item_id: 'a2',
      response_id: 'r1',
      delta: 'Half a sen',
    })
    world.server.drop()
    expect(call.snapshot().bubbles).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(500)
    world.server.hello({ seq: 3 })
    expect(call.snapshot().bubbles.map(({ item_id }) => item_id)).toEqual(['u1'])
    expect(call.snapshot().gaps).toEqual([])
    recorded(2)
    recorded(3)
    recorded(4)
    expect(call.snapshot().bubbles.map(({ item_id }) => item_id)).toEqual(['u1', 'u2', 'u3', 'u4'])
    expect(call.snapshot().gaps).toMatchObject([{ after: 'u3', why: 'line' }])
    expect(call.snapshot().gaps[0]?.seconds).toBeGreaterThan(0.2)
  })

  it('that another tab took is not fought for, and taken back only when it is asked for', async () => {
    await live()
    const theirs = { session: 'call_1', token: 'theirs', at: 0, until: 9e15, microphone: true }
    world.keptCalls.set('hotel/ada', theirs)
    recorded()
    expect(world.keptCalls.get('hotel/ada')).toEqual(theirs)
    world.server.drop(4001)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(failure()).toMatchObject({ code: 'taken-over', actions: ['continue-here', 'menu'] })
    expect(world.servers).toHaveLength(1)
    call.act('continue-here')
    await settle()
    expect(world.server.address.resume).toEqual({ token: 'theirs', after: 0 })
  })

  it('that never opened is explained', async () => {
    await start()
    world.server.drop()
    expect(failure()).toMatchObject({ code: 'server-unreachable', fatal: true })
    call.act('reconnect')
    await settle()
    expect(state()).toBe('connecting')
  })

  it('that the server has no room for says why', async () => {
    await start()
    world.server.drop(4429, 'The server’s words.')
    expect(failure()).toMatchObject({ code: 'calls-closed', message: 'The server’s words.', fatal: true })
  })

  it.each([
    [0, '', 'server-unreachable', ['reconnect', 'menu']],
    [401, 'sign_in_needed', 'signed-out', ['sign-in', 'menu']],
    [404, 'unknown_scenario', 'unknown-scenario', ['menu']],
    [404, 'not_found', 'refused', ['reconnect', 'menu']],
    [429, 'too_many', 'refused', ['reconnect', 'menu']],
    [429, 'budget_spent', 'no-budget', ['menu']],
    [503, 'calls_closed', 'calls-closed', ['reconnect', 'menu']],
    [503, 'provider_down', 'busy', ['reconnect', 'menu']],
    [503, 'stopping', 'refused', ['reconnect', 'menu']],
  ])('that gets no ticket says why: %i %s', async (status, refused, code, actions) => {
    world.noTicket = new Refusal(status, 'The server’s words.', refused, status === 503 ? 20 : null)
    await start()
    expect(state()).toBe('error')
    expect(failure()).toMatchObject({ code, actions, fatal: true })
    expect(world.servers).toEqual([])
    expect(world.microphone.closed).toBe(true)
    const own = ['refused', 'no-budget', 'calls-closed', 'busy'].includes(code)
    if (own) expect(failure()?.message.startsWith('The server’s words.')).toBe(true)
    if (status === 503) expect(failure()?.message).toContain('in 20 s')
    world.noTicket = null
    call.act('reconnect')
    await settle()
    expect(world.servers).toHaveLength(1)
  })

  it.each([1006, 4004])(
    'that never opened for a turn to try again can be had from the beginning: %i',
    async (code) => {
      call.start(scenario, { user: 'ada', microphone: false, from: 'call_1:item_4' })
      await settle()
      world.server.drop(code)
      expect(failure()).toMatchObject({
        code: 'retry-refused',
        actions: ['start-again', 'menu'],
        fatal: true,
      })
      call.act('start-again')
      await settle()
      expect(world.server.address.from).toBeNull()
    },
  )

  it('that breaks while the call is being ended carries the end when it is back', async () => {
    await live()
    call.end()
    await settle()
    world.server.drop()
    expect(state()).toBe('ended')
    await vi.advanceTimersByTimeAsync(500)
    world.server.hello()
    expect(world.server.types()).toEqual(['vivavoce.end'])
    // Once the server has noted it, it is not told again.
    world.server.say({ type: 'vivavoce.ending', seq: 3, reason: 'learner_ended' })
    world.server.drop()
    await vi.advanceTimersByTimeAsync(500)
    world.server.hello()
    expect(world.server.types()).toEqual([])
    grade()
    expect(call.snapshot().grade).toEqual({ score: 80 })
  })
})

describe('a call that was kept', () => {
  const entry = () => world.keptCalls.get('hotel/ada')
  const day = 86_400_000

  it('is kept from its first moment, and as fresh as its last', async () => {
    await live()
    expect(entry()).toMatchObject({ session: 'call_1', token: 'token-first', microphone: true })
    expect((entry()?.until ?? 0) - (entry()?.at ?? 0)).toBe(day)
    const { at } = entry() ?? { at: 0 }
    await vi.advanceTimersByTimeAsync(5000)
    recorded()
    expect(entry()?.at).toBe(at + 5000)
    world.server.drop()
    await vi.advanceTimersByTimeAsync(500)
    world.server.hello()
    expect(entry()).toMatchObject({ token: 'token-again' })
    ended('learner_ended')
    expect(entry()).toBeUndefined()
  })

  it('is not taken for another one that ended', async () => {
    await live()
    world.keptCalls.set('hotel/ada', { ...(entry() as KeptCall), session: 'call_2', token: 'other' })
    ended('taken_over')
    expect(entry()).toMatchObject({ session: 'call_2' })
    expect(failure()).toMatchObject({ code: 'taken-over', actions: ['start-again', 'menu'] })
  })

  async function resumed(hello: Record<string, unknown> = {}) {
    const now = Date.now()
    world.keptCalls.set('hotel/ada', {
      session: 'call_1',
      token: 'kept',
      at: now - 300_000,
      until: now + day,
      microphone: true,
    })
    call.resume(scenario, { user: 'ada', microphone: true })
    await settle()
    world.server.hello({ seq: 2, elapsed_seconds: 60, ...hello })
  }

  it('goes on with all that was said, and what was said while it connected', async () => {
    world.keptCalls.clear()
    await resumed()
    expect(world.server.address.resume).toEqual({ token: 'kept', after: 0 })
    world.microphone.hear(0.5, 2)
    expect(entry()?.token).toBe('token-again')
    world.server.say({ type: 'vivavoce.transcript', seq: 1, line: line('a1', 'assistant', 'Hello.', 1) })
    expect(call.snapshot().gaps).toEqual([])
    world.server.say({ type: 'vivavoce.transcript', seq: 2, line: line('u2', 'user', 'Good evening.', 2) })
    expect(call.snapshot()).toMatchObject({ state: 'thinking', gaps: [{ after: 'u2', why: 'away' }] })
    expect(call.snapshot().gaps[0]?.seconds).toBeCloseTo(300, 0)
    expect(world.server.types()).toContain('input_audio_buffer.append')
  })

  it('keeps what the learner had agreed to', async () => {
    const keepsSound = { ...scenario, privacy: { record: 'audio' as const, retain_days: 30 } }
    await resumed({ scenario: keepsSound })
    world.server.say({ type: 'vivavoce.consent', seq: 1, audio: true })
    expect(world.server.types()).not.toContain('vivavoce.consent')
    expect(call.snapshot().consent).toBe(true)
  })

  it('that was being ended is marked, without words any more', async () => {
    await resumed()
    recorded(1)
    world.server.say({ type: 'vivavoce.ending', seq: 2, reason: 'learner_ended' })
    expect(state()).toBe('ended')
    expect(world.microphone.closed).toBe(true)
    call.sendText('One more thing')
    await settle()
    expect(world.server.types()).not.toContain('conversation.item.create')
    grade()
    ended('learner_ended')
    expect(call.snapshot()).toMatchObject({ state: 'ended', failure: null, grade: { score: 80 } })
  })

  it('that is gone leads to a new one', async () => {
    await resumed()
    call.reset()
    world.keptCalls.clear()
    call.resume(scenario, { user: 'ada', microphone: false })
    await settle()
    expect(failure()).toMatchObject({ code: 'call-over', actions: ['start-again', 'menu'] })
    call.act('start-again')
    await settle()
    expect(world.server.address.resume).toBeNull()
  })

  it('that the server does not know any more is forgotten, but not one that came after it', async () => {
    await resumed()
    world.keptCalls.set('hotel/ada', { ...(entry() as KeptCall), session: 'call_2', token: 'other' })
    world.server.drop(4004)
    expect(failure()?.code).toBe('call-over')
    expect(entry()).toMatchObject({ session: 'call_2' })
  })

  it('that the server does not know is forgotten', async () => {
    await resumed()
    world.server.drop(4004)
    expect(failure()?.code).toBe('call-over')
    expect(entry()).toBeUndefined()
  })
})

describe('the voice service', () => {
  const notice = (code: string) =>
    world.server.say({ type: 'vivavoce.notice', level: 'warning', code, message: code })

  it('that is lost and back is seen, and typing goes on', async () => {
    await live()
    created()
    done()
    notice('upstream_lost')
    expect(call.snapshot()).toMatchObject({ state: 'reconnecting', connected: true, voiceLost: true })
    call.sendText('Are you there?')
    await settle()
    expect(world.server.types()).toEqual(['conversation.item.create'])
    notice('upstream_back')
    expect(state()).toBe('thinking')
  })

  it('is waited for when it is slow', async () => {
    await live()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(state()).toBe('listening')
    notice('slow_answer')
    expect(state()).toBe('thinking')
  })
})

describe('the end', () => {
  it('by the clock takes no more words, and waits for what is still heard', async () => {
    await live()
    recorded()
    created()
    speaks(300)
    world.server.say({ type: 'vivavoce.ending', seq: 2, reason: 'time_limit' })
    expect(world.microphone.closed).toBe(true)
    expect(state()).toBe('speaking')
    world.speaker.render(400)
    expect(state()).toBe('ended')
    expect(world.speaker.closed).toBe(true)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(failure()?.code).toBe('grade-late')
    grade()
    expect(failure()).toBeNull()
  })

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
    ['server_error', 'server-failed'],
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
    ended('provider_unavailable')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(failure()?.code).toBe('upstream-down')
  })

  it('for a lost provider keeps what was said, and its grade', async () => {
    await live()
    recorded()
    grade()
    ended('provider_unavailable')
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

  it('comes at once for what matters, in bundles for words, and never for audio', async () => {
    await live()
    created()
    says('Good ')
    await vi.advanceTimersByTimeAsync(1000)
    let told = 0
    call.subscribe(() => {
      told += 1
    })
    world.microphone.hear(0.5, 20)
    await vi.advanceTimersByTimeAsync(1000)
    expect(told).toBe(0)
    for (const word of ['evening. ', 'I ', 'cannot ', 'sleep.']) says(word)
    expect(told).toBe(0)
    await vi.advanceTimersByTimeAsync(50)
    expect(told).toBe(1)
    expect(call.snapshot().bubbles.at(-1)?.text).toBe('Good evening. I cannot sleep.')
    done()
    expect(told).toBe(2)
  })

  it('comes in bundles for raw events, to whoever looks at them', async () => {
    await live()
    let told = 0
    const leave = call.events.subscribe(() => {
      told += 1
    })
    world.microphone.hear(0.5, 20)
    expect(told).toBe(0)
    await vi.advanceTimersByTimeAsync(200)
    expect(told).toBe(1)
    expect(call.events.snapshot().at(-1)).toMatchObject({ type: 'input_audio_buffer.append', frames: 20 })
    leave()
    world.microphone.hear(0.5, 20)
    await vi.advanceTimersByTimeAsync(200)
    expect(told).toBe(1)
  })
})
