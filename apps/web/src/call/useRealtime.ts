// The page's one call, for React.
import { useSyncExternalStore } from 'react'
import { createCall } from './engine'
import type { Call, CallSnapshot } from './types'

export const call: Call = createCall()

/** The call's snapshot (`connected`, `events`, `state`, …) and the call itself to act on. */
export function useRealtime(): CallSnapshot & { call: Call } {
  const snapshot = useSyncExternalStore(call.subscribe, call.snapshot)
  return { ...snapshot, call }
}
