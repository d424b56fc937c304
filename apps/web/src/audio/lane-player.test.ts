import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LanePlayer, type Output, type Source } from './lane-player'
import { RATE } from './rate'

const SECONDS = 12

/** A lane whose sample at second n has the value n. */
class Lane implements Source {
  readonly asked: [number, number][] = []
  fail = false
  /** How long an answer takes, in milliseconds. */
  delay = 0

  async samples(from: number, count: number): Promise<Int16Array> {
    this.asked.push([from, count])
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay))
    if (this.fail) throw new Error('500')
    return Int16Array.from({ length: count }, (_, n) => Math.floor((from + n) / RATE))
  }
}

class FakeOutput implements Output {
  allowed = true
  readonly scheduled: { first: number | undefined; length: number; when: number; silenced: boolean }[] = []

  async start(): Promise<boolean> {
    return this.allowed
  }

  now(): number {
    return performance.now() / 1000
  }

  schedule(samples: Int16Array, when: number): () => void {
    const entry = { first: samples[0], length: samples.length, when, silenced: false }
    this.scheduled.push(entry)
    return () => {
      entry.silenced = true
    }
  }
}

let learner: Lane
let persona: Lane
let output: FakeOutput
let player: LanePlayer
let states: string[]

beforeEach(() => {
  vi.useFakeTimers()
  learner = new Lane()
  persona = new Lane()
  output = new FakeOutput()
  states = []
  player = new LanePlayer([learner, persona], SECONDS, output, ({ state }) => states.push(state))
})
afterEach(() => vi.useRealTimers())

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

describe('playing', () => {
  it('puts both lanes on the clock at the same moment, from the sample that was asked for', async () => {
    void player.play(7.5)
    await settle()
    const [a, b] = output.scheduled
    expect(a).toMatchObject({ first: 7, length: RATE })
    expect(b?.when).toBe(a?.when)
    expect(learner.asked[0]).toEqual([7.5 * RATE, RATE])
    expect(persona.asked).toEqual(learner.asked)
  })

  it('goes on without a gap to the end, and then stops there', async () => {
    void player.play(0)
    await settle(20_000)
    const own = output.scheduled.filter((_, index) => index % 2 === 0)
    for (let i = 1; i < own.length; i++) {
      const [before, after] = [own[i - 1], own[i]] as const
      expect(after?.when).toBeCloseTo((before?.when ?? 0) + (before?.length ?? 0) / RATE, 9)
    }
    expect(own.reduce((sum, { length }) => sum + length, 0)).toBe(SECONDS * RATE)
    expect(states).toEqual(['loading', 'playing', 'stopped'])
    expect(player.position()).toBe(SECONDS)
  })

  it('fetches only a little ahead of the ear', async () => {
    void player.play(0)
    await settle(100)
    expect(Math.max(...learner.asked.map(([from, count]) => (from + count) / RATE))).toBeLessThanOrEqual(6)
  })

  it('knows where the ear is', async () => {
    void player.play(3)
    await settle()
    expect(player.position()).toBe(3)
    await settle(2050)
    expect(player.position()).toBeCloseTo(5, 3)
    player.stop()
    await settle(2000)
    expect(player.position()).toBeCloseTo(5, 3)
  })

  it('counts from the moment that is heard when the sound comes too late', async () => {
    void player.play(0)
    await settle()
    learner.delay = 9000
    await settle(9500)
    expect(player.state).toBe('playing')
    expect(player.position()).toBeLessThan(7)
  })

  it('stays within the call', async () => {
    void player.play(-4)
    await settle()
    expect(learner.asked[0]?.[0]).toBe(0)
    void player.play(99)
    await settle(1000)
    expect(player.state).toBe('stopped')
    expect(player.position()).toBe(SECONDS)
  })
})

describe('changing one’s mind', () => {
  it('silences what was playing, and plays only the last wish', async () => {
    void player.play(0)
    await settle(500)
    const before = output.scheduled.length
    learner.delay = 50
    void player.play(4)
    void player.play(9)
    await settle(200)
    expect(output.scheduled.slice(0, before).every(({ silenced }) => silenced)).toBe(true)
    expect(output.scheduled.slice(before).map(({ first }) => first)).toEqual([9, 9, 10, 10])
  })

  it('plays nothing that arrives after a stop', async () => {
    learner.delay = 50
    void player.play(4)
    await settle(10)
    player.stop()
    await settle(1000)
    expect(output.scheduled).toEqual([])
    expect(player.state).toBe('stopped')
  })
})

describe('what goes wrong', () => {
  it('is said when the sound does not come, and can be tried again', async () => {
    persona.fail = true
    void player.play(2)
    await settle()
    expect(player.state).toBe('failed')
    expect(player.position()).toBe(2)
    persona.fail = false
    void player.play(2)
    await settle()
    expect(player.state).toBe('playing')
  })

  it('is said when the browser does not play', async () => {
    output.allowed = false
    void player.play(0)
    await settle()
    expect(player.state).toBe('failed')
  })
})
