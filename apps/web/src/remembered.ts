// The calls of this browser. The server lists nobody's calls: whoever has a call's id may see it, so the ids stay here.
import { readStored, writeStored } from './stored'

/** As many as the server answers for at once. */
const MOST = 100
const KEY = 'calls'
const id = /^call_[0-9a-f]{24}$/

/** Newest first. What somebody else has put into the storage is left out. */
export function rememberedCalls(): string[] {
  let stored: unknown
  try {
    stored = JSON.parse(readStored(KEY) ?? '[]')
  } catch {
    return []
  }
  if (!Array.isArray(stored)) return []
  return [...new Set(stored.filter((entry) => typeof entry === 'string' && id.test(entry)))].slice(0, MOST)
}

export function rememberCall(call: string): void {
  if (!id.test(call)) return
  writeStored(
    KEY,
    JSON.stringify([call, ...rememberedCalls().filter((other) => other !== call)].slice(0, MOST)),
  )
}

export function forgetCall(call: string): void {
  writeStored(KEY, JSON.stringify(rememberedCalls().filter((other) => other !== call)))
}
