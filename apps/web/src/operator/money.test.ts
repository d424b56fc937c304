import { expect, it } from 'vitest'
import { dollars } from './money'

it('writes dollars so that small amounts still say something', () => {
  expect([0, 0.0042, 0.5, 1.239, 1234.5].map(dollars)).toEqual([
    '$0.00',
    '$0.0042',
    '$0.50',
    '$1.24',
    '$1,234.50',
  ])
})
