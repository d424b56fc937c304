import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Connection, type Loss } from './connection'
import { FakeServer } from './fakes'
import { protocols, url } from './socket'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function connected() {
  const servers: FakeServer[] = []
  const lost: Loss[] = []
  const heard: string[] = []
  let interruptions = 0
  const connection = new Connection(
    { scenario: 'hotel', user: 'ada', from: null },
    (address, events) => {
      const server = new FakeServer(address, events)
      servers.push(server)
      return { send: (message) => server.sent.push(message), close: () => (server.closedByPage = true) }
    },
    {
      received: ({ body }) => heard.push(body.type),
      interrupted: () => (interruptions += 1),
      gone: (loss) => lost.push(loss),
    },
  )
  connection.open()
  return {
    connection,
    servers,
    lost,
    heard,
    interruptions: () => interruptions,
    server: () => servers.at(-1) as FakeServer,
  }
}

it('asks for the scenario, and for the rest of a call that was cut', () => {
  const first = { scenario: 'a b', user: 'ada', from: null, resume: null }
  expect(url(first)).toBe('/ws?scenario=a+b&user=ada')
  expect(protocols(first)).toEqual(['vivavoce'])
  const again = { ...first, resume: { token: 'x.y', after: 12 } }
  expect(url(again)).toBe('/ws?scenario=a+b&user=ada&after=12')
  // What a call begins with is no matter when it goes on.
  const retry = { ...first, from: 'call_1:item_2' }
  expect(url(retry)).toBe('/ws?scenario=a+b&user=ada&from=call_1%3Aitem_2')
  expect(url({ ...retry, resume: again.resume })).toBe(url(again))
  expect(protocols(again)).toEqual(['vivavoce', 'vivavoce.resume.x.y'])
})

describe('a line that breaks', () => {
  it('comes back with the newest token, after the last durable event', () => {
    const { server, servers, lost, interruptions } = connected()
    server().hello()
    server().say({ type: 'vivavoce.notice', code: 'x', message: '' })
    server().say({ type: 'vivavoce.grade', seq: 7, grade: {} })
    server().drop()
    expect(interruptions()).toBe(1)
    vi.advanceTimersByTime(500)
    expect(server().address.resume).toEqual({ token: 'token-first', after: 7 })
    server().hello()
    server().drop()
    vi.advanceTimersByTime(500)
    expect(server().address.resume).toEqual({ token: 'token-again', after: 7 })
    expect(servers).toHaveLength(3)
    expect(lost).toEqual([])
  })

  it('is tried again ever more slowly, and given up after 30 s', () => {
    const { server, servers, lost } = connected()
    server().hello()
    const tries: number[] = []
    const began = performance.now()
    server().drop()
    while (lost.length === 0) {
      vi.advanceTimersToNextTimer()
      tries.push(performance.now() - began)
      server().drop()
    }
    const waits = tries.map((at, i) => at - (tries[i - 1] ?? 0))
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(Math.min(8000, 500 * 2 ** i) / 2 - 1)
      expect(wait).toBeLessThanOrEqual(Math.min(8000, 500 * 2 ** i) + 1)
    }
    expect(tries.length).toBeGreaterThan(5)
    expect(tries.at(-1)).toBeLessThanOrEqual(30_000)
    expect(lost).toEqual(['lost'])
    vi.runAllTimers()
    expect(servers).toHaveLength(tries.length + 1)
  })

  it('takes a server that says nothing for a broken one', () => {
    const { server, servers } = connected()
    server().hello()
    server().drop()
    vi.advanceTimersByTime(500)
    vi.advanceTimersByTime(10_000)
    expect(servers[1]?.closedByPage).toBe(true)
    vi.advanceTimersByTime(1000)
    expect(servers).toHaveLength(3)
  })

  it.each([
    [4001, 'taken-over'],
    [4004, 'lost'],
    [4008, 'lost'],
    [1000, 'lost'],
  ])('stays broken after %i', (code, loss) => {
    const { server, servers, lost } = connected()
    server().hello()
    server().drop(code)
    vi.runAllTimers()
    expect(lost).toEqual([loss])
    expect(servers).toHaveLength(1)
  })

  it('stays broken after the end of the call', () => {
    const { server, servers, lost } = connected()
    server().hello()
    server().say({ type: 'vivavoce.ended', seq: 3, reason: 'learner_ended', message: '' })
    server().drop(1006)
    vi.runAllTimers()
    expect(lost).toEqual(['lost'])
    expect(servers).toHaveLength(1)
  })
})

it('tells a server that cannot be reached from a line that broke', () => {
  const refused = connected()
  refused.server().drop(1006)
  expect(refused.lost).toEqual(['unreachable'])
  const silent = connected()
  vi.advanceTimersByTime(10_000)
  expect(silent.lost).toEqual(['unreachable'])
})

it('does nothing any more once it is closed', () => {
  const { connection, server, servers, lost } = connected()
  server().hello()
  server().drop()
  connection.close()
  vi.runAllTimers()
  expect(servers).toHaveLength(1)
  expect(lost).toEqual([])
})
