import { expect, it } from 'vitest'
import { isLearnerName, learnerName } from './learner'

it('takes what the server takes', () => {
  expect(['ada', 'ada.l@school-1_x', 'a'.repeat(64)].every(isLearnerName)).toBe(true)
  expect(['', 'a b', 'ünal', 'a'.repeat(65), 'x\n', '../x'].some(isLearnerName)).toBe(false)
})

it('gives a guest a name of its own, without storage too', () => {
  expect(learnerName()).toMatch(/^guest-[a-z0-9]{4}$/)
})
