// Small settings that outlive the page. Storage may be blocked (private windows, policies): then they last as long as the page.
import { useState } from 'react'

const prefix = 'vivavoce.'
const memory = new Map<string, string>()

export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key) ?? memory.get(key) ?? null
  } catch {
    return memory.get(key) ?? null
  }
}

export function writeStored(key: string, value: string): void {
  try {
    localStorage.setItem(prefix + key, value)
    memory.delete(key)
  } catch {
    memory.set(key, value)
  }
}

export function dropStored(key: string): void {
  memory.delete(key)
  try {
    localStorage.removeItem(prefix + key)
  } catch {
    // Then it was only in memory.
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
