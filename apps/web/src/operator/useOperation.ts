import { useEffect, useEffectEvent, useState } from 'react'
import { fetchOperation, type Refusal } from '../api'
import type { Operation } from '../operator.gen'
import { useLoaded } from '../useLoaded'

const EVERY_MS = 5000

export type Operating =
  | { status: 'loading' }
  | { status: 'failed'; refusal: Refusal; retry: () => void }
  | { status: 'ready'; now: Operation; stale: boolean; replace: (now: Operation) => void }

/** The operator's figures, fetched again and again while somebody looks at them. */
export function useOperation(key: string): Operating {
  const loaded = useLoaded(key, (signal) => fetchOperation(key, signal))
  const [stale, setStale] = useState(false)
  const ready = loaded.status === 'ready'
  const refresh = useEffectEvent(async (signal: AbortSignal) => {
    if (loaded.status !== 'ready' || document.hidden) return
    const now = await fetchOperation(key, signal).catch(() => null)
    if (signal.aborted) return
    setStale(now === null)
    if (now) loaded.replace(now)
  })
  useEffect(() => {
    if (!ready) return
    const stop = new AbortController()
    const timer = setInterval(() => void refresh(stop.signal), EVERY_MS)
    return () => {
      clearInterval(timer)
      stop.abort()
    }
  }, [ready])
  if (loaded.status !== 'ready') return loaded
  return { status: 'ready', now: loaded.value, stale, replace: loaded.replace }
}
