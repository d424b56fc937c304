import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { scenario } from './fakes'
import { type KeptCall, keep, kept } from './kept'

let stored: Map<string, string>
const day = 86_400_000

beforeEach(() => {
  stored = new Map()
  vi.useFakeTimers({ now: 1_000_000 })
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const entry: KeptCall = {
  session: 'call_1',
  token: 't',
  at: 1_000_000,
  until: 1_000_000 + day,
  microphone: true,
}
const hello = { session_id: 'call_1', resume_token: 't', resumable_seconds: 86_400 } as Parameters<
  typeof keep
>[3]['hello']
const call = { hello, ended: null, microphone: true }

it('keeps one call for each scenario and learner, for as long as the server does', () => {
  kept.write('hotel', 'ada', entry)
  expect(kept.read('hotel', 'ada')).toEqual(entry)
  expect(kept.read('hotel', 'bo')).toBeNull()
  expect(kept.read(scenario.id, 'hotel')).toBeNull()
  vi.advanceTimersByTime(day)
  expect(kept.read('hotel', 'ada')).toBeNull()
  kept.drop('hotel', 'ada')
  expect(stored.size).toBe(0)
})

it.each(['{', '[]', '7', 'null', '{"token":"t"}', JSON.stringify({ ...entry, until: 'soon' })])(
  'takes nothing that it has not written: %s',
  (odd) => {
    stored.set('vivavoce.call/hotel/ada', odd)
    expect(kept.read('hotel', 'ada')).toBeNull()
  },
)

it('is fresh after each event, until another page has the call', () => {
  keep(kept, 'hotel', 'ada', call, true)
  expect(kept.read('hotel', 'ada')).toEqual(entry)
  vi.advanceTimersByTime(1000)
  keep(kept, 'hotel', 'ada', call, false)
  expect(kept.read('hotel', 'ada')?.until).toBe(entry.until + 1000)
  kept.write('hotel', 'ada', { ...entry, token: 'theirs' })
  keep(kept, 'hotel', 'ada', call, false)
  expect(kept.read('hotel', 'ada')?.token).toBe('theirs')
})

it('is gone with the end of its call, and only of its call', () => {
  kept.write('hotel', 'ada', { ...entry, session: 'call_2' })
  keep(kept, 'hotel', 'ada', { ...call, ended: {} }, false)
  expect(kept.read('hotel', 'ada')?.session).toBe('call_2')
  keep(kept, 'hotel', 'ada', call, true)
  keep(kept, 'hotel', 'ada', { ...call, ended: {} }, false)
  expect(kept.read('hotel', 'ada')).toBeNull()
})
