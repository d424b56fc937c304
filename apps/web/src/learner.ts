// The learner's name: half of the session's key, so two people on one server need different ones.
import { readStored, writeStored } from './stored'

const allowed = /^[A-Za-z0-9_.@-]{1,64}$/
const letters = 'abcdefghjkmnpqrstuvwxyz23456789'

export function isLearnerName(name: string): boolean {
  return allowed.test(name)
}

/** The remembered name, or a new guest's. */
export function learnerName(): string {
  const stored = readStored('learner')
  if (stored !== null && isLearnerName(stored)) return stored
  const random = crypto.getRandomValues(new Uint8Array(4))
  const guest = `guest-${Array.from(random, (byte) => letters[byte % letters.length]).join('')}`
  writeStored('learner', guest)
  return guest
}

export function rememberLearner(name: string): void {
  if (isLearnerName(name)) writeStored('learner', name)
}
