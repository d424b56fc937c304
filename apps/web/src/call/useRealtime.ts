// The page's one call, and its state for React.
import { useSyncExternalStore } from 'react'
import { createCall } from './engine'
import type { Call, CallSnapshot } from './types'

export const call: Call = createCall()

/** `connected`, `events`, `state` and all the rest of a call, redrawn when it changes. Levels are read apart. */
export function useRealtime(of: Call = call): CallSnapshot {
  return useSyncExternalStore(of.subscribe, of.snapshot)
}
