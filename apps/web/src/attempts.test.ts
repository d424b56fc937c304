import { expect, it } from 'vitest'
import { byScenario } from './attempts'
import { summary } from './fixtures/reviews'

const call = (id: string, scenario_id: string, score: number | null, title = 'Title') => ({
  ...summary,
  id,
  scenario_id,
  score,
  title,
})

it('groups the calls by scenario, the one tried last first', () => {
  const groups = byScenario([call('c', 'b', 3), call('b', 'a', 2), call('a', 'b', 1)])
  expect(groups.map(({ scenarioId, calls }) => [scenarioId, calls.map(({ id }) => id)])).toEqual([
    ['b', ['c', 'a']],
    ['a', ['b']],
  ])
})

it('shows how the score went, from the first graded call to the last', () => {
  const [group] = byScenario([call('c', 'a', 80), call('b', 'a', null), call('a', 'a', 55)])
  expect(group?.trend.map(({ score }) => score)).toEqual([55, 80])
  expect(group?.best).toBe(80)
})

it('has no best score without a grade', () => {
  expect(byScenario([call('a', 'a', null)])[0]).toMatchObject({ best: null, trend: [] })
  expect(byScenario([])).toEqual([])
})

it('calls a scenario by its newest name', () => {
  expect(byScenario([call('b', 'a', 1, 'New'), call('a', 'a', 1, 'Old')])[0]?.title).toBe('New')
})
