import { useCallback, useEffect, useEffectEvent, useState } from 'react'
import { Refusal } from './api'

export type Loaded<T> =
  | { status: 'loading' }
  | { status: 'failed'; refusal: Refusal; retry: () => void }
  | { status: 'ready'; value: T; replace: (value: T) => void }

type Got<T> = { key: string; value: T } | { key: string; refusal: Refusal } | null

/** What `load` brings for `key`; fetched again when the key changes. */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [attempt, setAttempt] = useState(0)
  const [got, setGot] = useState<Got<T>>(null)
  const fetchIt = useEffectEvent(load)
  const retry = useCallback(() => {
    setGot(null)
    setAttempt((count) => count + 1)
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: an attempt is a reason to fetch
  useEffect(() => {
    const stop = new AbortController()
    fetchIt(stop.signal).then(
      (value) => stop.signal.aborted || setGot({ key, value }),
      (error: unknown) => {
        if (stop.signal.aborted) return
        const refusal = error instanceof Refusal ? error : new Refusal(0, String(error))
        setGot({ key, refusal })
      },
    )
    return () => stop.abort()
  }, [key, attempt])
  if (got === null || got.key !== key) return { status: 'loading' }
  if ('refusal' in got) return { status: 'failed', refusal: got.refusal, retry }
  return { status: 'ready', value: got.value, replace: (value) => setGot({ key, value }) }
}
