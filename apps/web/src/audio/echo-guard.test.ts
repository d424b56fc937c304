import { expect, it } from 'vitest'
import { EchoGuard } from './echo-guard'

it('holds back the leak of the first reply, for two seconds of it', () => {
  const guard = new EchoGuard()
  const passed = Array.from({ length: 60 }, () => guard.passes(0.05, 40, true))
  expect(passed.indexOf(true)).toBe(50)
  expect(passed.slice(50).every(Boolean)).toBe(true)
})

it('lets a voice through at once, and its quiet syllables after it', () => {
  const guard = new EchoGuard()
  expect(guard.passes(0.05, 40, true)).toBe(false)
  expect(guard.passes(0.4, 40, true)).toBe(true)
  expect(guard.passes(0.02, 40, true)).toBe(true)
  for (let ms = 0; ms < 300; ms += 40) guard.passes(0.02, 40, true)
  expect(guard.passes(0.02, 40, true)).toBe(false)
})

it('does nothing while the persona is silent', () => {
  expect(new EchoGuard().passes(0.001, 40, false)).toBe(true)
})
