import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Refusal } from '../api'
import { Connection, type Loss, type NextTry } from './connection'
import { FakeWorld } from './fakes'
import { protocols, url } from './socket'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const settle = () => vi.advanceTimersByTimeAsync(0)
const MINUTES = 60_000

async function connected(token: string | null = null) {
  const world = new FakeWorld()
  const lost: Loss[] = []
  const heard: string[] = []
  const tries: NextTry[] = []
  let interruptions = 0
  const connection = new Connection({ scenario: 'hotel', user: 'ada', from: null }, token, world.ports, {
    received: ({ body }) => heard.push(body.type),
    interrupted: () => (interruptions += 1),
    trying: (next) => tries.push(next),
    gone: (loss) => lost.push(loss),
  })
  connection.open()
  await settle()
  return { world, connection, lost, heard, tries, interruptions: () => interruptions }
}

/** Drops the line and waits until it is tried again. */
async function again({ world }: { world: FakeWorld }, code?: number) {
  const before = world.servers.length
  world.server.drop(code)
  for (let i = 0; i < 20 && world.servers.length === before; i++) await vi.advanceTimersByTimeAsync(500)
}

it('asks for the scenario with a ticket, and for the rest of a call that was cut', () => {
  const first = { scenario: 'a b', user: 'ada', from: null, ticket: 't.1', resume: null }
  expect(url(first)).toBe('/ws?scenario=a+b&user=ada')
  expect(protocols(first)).toEqual(['vivavoce', 'vivavoce.ticket.t.1'])
  const again = { ...first, resume: { token: 'x.y', after: 12 } }
  expect(url(again)).toBe('/ws?scenario=a+b&user=ada&after=12')
  // What a call begins with is no matter when it goes on.
  const retry = { ...first, from: 'call_1:item_2' }
  expect(url(retry)).toBe('/ws?scenario=a+b&user=ada&from=call_1%3Aitem_2')
  expect(url({ ...retry, resume: again.resume })).toBe(url(again))
  expect(protocols(again)).toEqual(['vivavoce', 'vivavoce.ticket.t.1', 'vivavoce.resume.x.y'])
})

describe('a line that breaks', () => {
  it('comes back with a new ticket and the newest token, after the last durable event', async () => {
    const line = await connected()
    const { world, lost, interruptions } = line
    world.server.hello()
    world.server.say({ type: 'vivavoce.notice', code: 'x', message: '' })
    world.server.say({ type: 'vivavoce.grade', seq: 7, grade: {} })
    await again(line)
    expect(interruptions()).toBe(1)
    expect(world.server.address).toMatchObject({
      ticket: 'ticket-2',
      resume: { token: 'token-first', after: 7 },
    })
    world.server.hello()
    await again(line)
    expect(world.server.address).toMatchObject({
      ticket: 'ticket-3',
      resume: { token: 'token-again', after: 7 },
    })
    expect(world.servers).toHaveLength(3)
    expect(lost).toEqual([])
  })

  it('is tried again ever more slowly, and given up after five minutes', async () => {
    const { world, lost, tries } = await connected()
    world.server.hello()
    const began = performance.now()
    const opened: number[] = []
    world.server.drop()
    while (lost.length === 0) {
      const before = world.servers.length
      await vi.advanceTimersToNextTimerAsync()
      if (world.servers.length === before) continue
      opened.push(performance.now() - began)
      world.server.drop()
    }
    const waits = opened.map((at, i) => at - (opened[i - 1] ?? 0))
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(Math.min(8000, 500 * 2 ** i) / 2 - 1)
      expect(wait).toBeLessThanOrEqual(Math.min(8000, 500 * 2 ** i) + 1)
    }
    expect(opened.at(-1)).toBeLessThanOrEqual(5 * MINUTES)
    expect(opened.at(-1)).toBeGreaterThan(4.5 * MINUTES)
    expect(lost).toEqual(['lost'])
    // What the page counts down is when it is tried.
    const announced = tries.filter(({ at }) => at !== null)
    expect(announced.map(({ at }) => Math.round(((at ?? 0) - began) / 10))).toEqual(
      opened.map((at) => Math.round(at / 10)),
    )
    expect(announced.map(({ failed }) => failed)).toEqual(opened.map((_, i) => i))
    const { length } = world.servers
    await vi.advanceTimersByTimeAsync(10 * MINUTES)
    expect(world.servers).toHaveLength(length)
  })

  it('does not wait when somebody wants it now, nor twice', async () => {
    const { world, connection } = await connected()
    world.server.hello()
    connection.tryNow()
    await settle()
    expect(world.servers).toHaveLength(1)
    world.server.drop()
    connection.tryNow()
    connection.tryNow()
    await settle()
    expect(world.servers).toHaveLength(2)
    world.server.hello()
    await vi.advanceTimersByTimeAsync(MINUTES)
    expect(world.servers).toHaveLength(2)
  })

  it('gives a server that restarts the time it asked for', async () => {
    const { world, tries } = await connected()
    world.server.hello()
    world.server.say({ type: 'vivavoce.going_away', resume: true, retry_ms: 4200, message: 'Back soon.' })
    const began = performance.now()
    world.server.drop(1012)
    expect((tries.at(-1)?.at ?? 0) - began).toBeCloseTo(4200, 0)
    await vi.advanceTimersByTimeAsync(4200)
    expect(world.servers).toHaveLength(2)
    world.server.drop()
    expect((tries.at(-1)?.at ?? 0) - performance.now()).toBeLessThanOrEqual(1000)
  })

  it.each([
    new Refusal(0, 'no answer'),
    new Refusal(502, 'Bad gateway'),
    new Refusal(503, 'The server is being restarted.', 'stopping', 3),
    new Refusal(503, 'The voice service does not answer.', 'provider_down'),
    new Refusal(429, 'Slowly.', 'too_many', 3),
  ])('waits for a server that gives no ticket yet: $message', async (refusal) => {
    const { world, lost, tries } = await connected()
    world.server.hello()
    world.noTicket = refusal
    const began = performance.now()
    world.server.drop()
    await vi.advanceTimersByTimeAsync(500)
    expect(tries.at(-1)).toMatchObject({ failed: 1, answer: refusal.status === 0 ? null : refusal.message })
    if (refusal.retryAfter !== null) expect(tries.at(-1)?.at).toBeGreaterThanOrEqual(began + 3000)
    world.noTicket = null
    await vi.advanceTimersByTimeAsync(4000)
    expect(world.servers).toHaveLength(2)
    expect(lost).toEqual([])
  })

  it.each(['sign_in_needed', 'calls_closed', 'budget_spent', 'unknown_scenario'])(
    'is gone when the server refuses it for %s',
    async (code) => {
      const { world, lost } = await connected()
      world.server.hello()
      world.noTicket = new Refusal(code === 'calls_closed' ? 503 : 429, 'No.', code)
      world.server.drop()
      await vi.advanceTimersByTimeAsync(MINUTES)
      expect(lost).toEqual([world.noTicket])
    },
  )

  it('takes a server that says nothing for a broken one', async () => {
    const line = await connected()
    const { world } = line
    world.server.hello()
    await again(line)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(world.servers[1]?.closedByPage).toBe(true)
    await vi.advanceTimersByTimeAsync(1000)
    expect(world.servers).toHaveLength(3)
  })

  it.each([
    [4001, 'taken-over'],
    [4004, 'call-over'],
    [4008, 'lost'],
    [1000, 'lost'],
  ])('stays broken after %i', async (code, loss) => {
    const { world, lost } = await connected()
    world.server.hello()
    world.server.drop(code)
    await vi.advanceTimersByTimeAsync(10 * MINUTES)
    expect(lost).toEqual([loss])
    expect(world.servers).toHaveLength(1)
  })

  it('is told why there is no room for it any more', async () => {
    const { world, lost } = await connected()
    world.server.hello()
    world.server.drop(4429, 'Your calls for today are used up.')
    await vi.advanceTimersByTimeAsync(10 * MINUTES)
    expect(lost).toMatchObject([{ code: 'no_room', message: 'Your calls for today are used up.' }])
    expect(world.servers).toHaveLength(1)
  })

  it('comes back after the end of the call as well: the quiz is open', async () => {
    const line = await connected()
    line.world.server.hello()
    line.world.server.say({ type: 'vivavoce.ended', seq: 3, reason: 'learner_ended', message: '' })
    await again(line)
    expect(line.world.server.address.resume).toEqual({ token: 'token-first', after: 3 })
  })
})

describe('a ticket that came too late', () => {
  it('is followed by another one, once', async () => {
    const { world, lost } = await connected()
    world.server.drop(4401)
    await settle()
    expect(world.server.address.ticket).toBe('ticket-2')
    world.server.drop(4401)
    await settle()
    expect(lost).toEqual(['signed-out'])
  })

  it('is forgotten when the next one is taken', async () => {
    const { world, lost } = await connected()
    world.server.drop(4401)
    await settle()
    world.server.hello()
    world.server.drop(4401)
    await vi.advanceTimersByTimeAsync(500)
    expect(world.servers).toHaveLength(3)
    expect(lost).toEqual([])
  })
})

describe('a call of an earlier page', () => {
  it('is asked for with its token, from its beginning', async () => {
    const { world } = await connected('kept')
    expect(world.server.address.resume).toEqual({ token: 'kept', after: 0 })
  })

  it('that is over is said to be', async () => {
    const { world, lost } = await connected('kept')
    world.server.drop(4004)
    expect(lost).toEqual(['call-over'])
  })
})

it('tells a server that cannot be reached from a line that broke', async () => {
  const refused = await connected()
  refused.world.server.drop(1006)
  expect(refused.lost).toEqual(['unreachable'])
  const silent = await connected()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(silent.lost).toEqual(['unreachable'])
})

it('passes on why there is no ticket for a first connection', async () => {
  const world = new FakeWorld()
  world.noTicket = new Refusal(503, 'The voice service is down.', 'provider_down', 20)
  const lost: Loss[] = []
  const nothing = () => undefined
  const connection = new Connection({ scenario: 'hotel', user: 'ada', from: null }, null, world.ports, {
    received: nothing,
    interrupted: nothing,
    trying: nothing,
    gone: (loss) => lost.push(loss),
  })
  connection.open()
  await settle()
  expect(lost).toEqual([world.noTicket])
  expect(world.servers).toEqual([])
})

it('does nothing any more once it is closed', async () => {
  const { connection, world, lost } = await connected()
  world.server.hello()
  world.server.drop()
  connection.close()
  await vi.advanceTimersByTimeAsync(MINUTES)
  expect(world.servers).toHaveLength(1)
  expect(lost).toEqual([])
})

it('opens no socket for a ticket that comes after it was closed', async () => {
  const world = new FakeWorld()
  let give: (ticket: string) => void = () => undefined
  world.ports.ticket = () => new Promise((resolve) => (give = resolve))
  const nothing = () => undefined
  const events = { received: nothing, interrupted: nothing, trying: nothing, gone: nothing }
  const connection = new Connection({ scenario: 'hotel', user: 'ada', from: null }, null, world.ports, events)
  connection.open()
  connection.close()
  give('late')
  await settle()
  expect(world.servers).toEqual([])
})
