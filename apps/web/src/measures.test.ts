import { expect, it } from 'vitest'
import { scale, withUnit } from './measures'

it('draws the value and the range on one scale, with room on its right', () => {
  expect(scale({ value: 40, least: 30, most: 60 })).toEqual({ value: 40 / 75, from: 0.4, to: 0.8 })
  expect(scale({ value: 100, least: null, most: 50 })).toEqual({ value: 0.8, from: 0, to: 0.4 })
  expect(scale({ value: 2, least: 4, most: null })).toEqual({ value: 0.4, from: 0.8, to: 1 })
})

it('draws nothing without a value or a range', () => {
  expect(scale({ value: null, least: 1, most: 2 })).toBeNull()
  expect(scale({ value: 3, least: null, most: null })).toBeNull()
  expect(scale({ value: 0, least: null, most: 0 })).toBeNull()
})

it('writes a value with its unit; a count has none', () => {
  expect(withUnit(7.46, 's')).toBe('7.5 s')
  expect(withUnit(112, 'words/min')).toBe('112 words/min')
  expect(withUnit(3, '')).toBe('3')
})
