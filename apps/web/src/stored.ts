// Small settings that outlive the page. Storage may be blocked (private windows, policies): then they last as long as the page.
import { useState } from 'react'

const prefix = 'vivavoce.'

export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key)
  } catch {
    return null
  }
}

export function writeStored(key: string, value: string): void {
  try {
    localStorage.setItem(prefix + key, value)
  } catch {
    // Kept in memory by the caller.
  }
}

/** A switch that is remembered. */
export function useStoredFlag(key: string, initial: boolean): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(() => (readStored(key) ?? String(initial)) === 'true')
  return [
    on,
    (next) => {
      setOn(next)
      writeStored(key, String(next))
    },
  ]
}
