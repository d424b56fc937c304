import { expect, it } from 'vitest'
import { clock, duration, roughly } from './clock'

it('writes the time as on a clock', () => {
  expect([0, 5, 65, 600, 3661, -3].map(clock)).toEqual(['0:00', '0:05', '1:05', '10:00', '1:01:01', '0:00'])
})

it('writes a duration in words', () => {
  expect([0, 59.6, 252].map(duration)).toEqual(['0 s', '1 min 0 s', '4 min 12 s'])
})

it('says about how long it was', () => {
  expect([0, 12.4, 65, 3599, 11_400, -1].map(roughly)).toEqual([
    '1 s',
    '12 s',
    '1 min',
    '59 min',
    '3 h 10 min',
    '1 s',
  ])
})
