// The server's HTTP routes.
import type { PublicScenario } from './contract.gen'

/** GET /api/scenarios. Throws an Error with words for the learner. */
export async function fetchScenarios(signal?: AbortSignal): Promise<PublicScenario[]> {
  const response = await fetch('/api/scenarios', { signal: signal ?? null })
  if (!response.ok) throw new Error(`The server answered ${response.status} instead of its scenarios.`)
  const body: unknown = await response.json()
  const list = Array.isArray(body) ? body : (body as { scenarios?: unknown } | null)?.scenarios
  if (!Array.isArray(list)) throw new Error('The server’s list of scenarios cannot be read.')
  return list as PublicScenario[]
}
