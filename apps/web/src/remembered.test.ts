import { beforeEach, expect, it, vi } from 'vitest'
import { forgetCall, rememberCall, rememberedCalls } from './remembered'

const id = (n: number) => `call_${n.toString(16).padStart(24, '0')}`
let stored: Map<string, string>

beforeEach(() => {
  stored = new Map()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  })
})

it('has the newest call first, each once', () => {
  for (const n of [1, 2, 3, 1]) rememberCall(id(n))
  expect(rememberedCalls()).toEqual([id(1), id(3), id(2)])
})

it('keeps as many as the server answers for at once', () => {
  for (let n = 0; n < 120; n++) rememberCall(id(n))
  const calls = rememberedCalls()
  expect(calls).toHaveLength(100)
  expect(calls[0]).toBe(id(119))
  expect(calls.at(-1)).toBe(id(20))
})

it('forgets one', () => {
  for (const n of [1, 2]) rememberCall(id(n))
  forgetCall(id(2))
  expect(rememberedCalls()).toEqual([id(1)])
})

it('takes no other ids', () => {
  rememberCall('call_1,call_2')
  rememberCall('../class')
  expect(rememberedCalls()).toEqual([])
})

it('starts anew when the storage holds something else', () => {
  for (const odd of ['{', '"x"', '{"0":1}', 'null', `[1, null, "x", "${id(7)}"]`]) {
    stored.set('vivavoce.calls', odd)
    expect(rememberedCalls()).toEqual(odd.includes(id(7)) ? [id(7)] : [])
  }
})

it('lives with a storage that is blocked', () => {
  const blocked = () => {
    throw new DOMException('', 'SecurityError')
  }
  vi.stubGlobal('localStorage', { getItem: blocked, setItem: blocked })
  rememberCall(id(1))
  // As long as the page lasts.
  expect(rememberedCalls()).toEqual([id(1)])
})
