// Attempts at each scenario, for the history.
import type { CallSummary } from './review.gen'

export interface Attempts {
  scenarioId: string
  title: string
  /** Newest first. */
  calls: CallSummary[]
  /** The graded ones, oldest first: how the score went. */
  trend: { id: string; score: number; passMark: number; at: string }[]
  best: number | null
}

/** By scenario; the one that was tried last comes first. `calls` come newest first. */
export function byScenario(calls: CallSummary[]): Attempts[] {
  const groups = new Map<string, CallSummary[]>()
  for (const call of calls) groups.set(call.scenario_id, [...(groups.get(call.scenario_id) ?? []), call])
  return [...groups].map(([scenarioId, own]) => {
    const trend = own.flatMap(({ id, score, pass_mark, started_at }) =>
      score === null ? [] : [{ id, score, passMark: pass_mark ?? 0, at: started_at }],
    )
    return {
      scenarioId,
      // A lesson may have been renamed since: its newest name counts.
      title: own[0]?.title ?? scenarioId,
      calls: own,
      trend: trend.reverse(),
      best: trend.length > 0 ? Math.max(...trend.map(({ score }) => score)) : null,
    }
  })
}
