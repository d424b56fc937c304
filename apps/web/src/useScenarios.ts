import { useCallback, useEffect, useState } from 'react'
import { fetchScenarios } from './api'
import type { PublicScenario } from './contract.gen'

export type Scenarios =
  | { status: 'loading' }
  | { status: 'failed'; retry: () => void }
  | { status: 'ready'; list: PublicScenario[] }

/** The menu, fetched once for all screens. */
export function useScenarios(): Scenarios {
  const [attempt, setAttempt] = useState(0)
  const [scenarios, setScenarios] = useState<Scenarios>({ status: 'loading' })
  const retry = useCallback(() => setAttempt((count) => count + 1), [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: an attempt is a reason to fetch
  useEffect(() => {
    const stop = new AbortController()
    setScenarios({ status: 'loading' })
    fetchScenarios(stop.signal).then(
      (list) => setScenarios({ status: 'ready', list }),
      () => {
        if (!stop.signal.aborted) setScenarios({ status: 'failed', retry })
      },
    )
    return () => stop.abort()
  }, [attempt, retry])
  return scenarios
}
