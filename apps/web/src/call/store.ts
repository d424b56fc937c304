// Holds the model and tells the screens when it changed.
import { type Action, type CallModel, initial, reduce } from './reducer'

/** Words come many a second, and the screen need not be drawn for each of them. */
const WORDS_EVERY_MS = 50

export class Store {
  model: CallModel = initial
  private readonly listeners = new Set<() => void>()
  private told: CallModel = initial
  private timer: ReturnType<typeof setTimeout> | undefined

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  dispatch(action: Action): void {
    this.replace(reduce(this.model, action))
  }

  replace(model: CallModel): void {
    this.model = model
    if (model === this.told) return
    if (onlyWordsDiffer(this.told, model)) this.timer ??= setTimeout(() => this.tell(), WORDS_EVERY_MS)
    else this.tell()
  }

  private tell(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.told = this.model
    for (const listener of this.listeners) listener()
  }
}

function onlyWordsDiffer(a: CallModel, b: CallModel): boolean {
  const keys = Object.keys(b) as (keyof CallModel)[]
  return keys.every((key) => key === 'bubbles' || a[key] === b[key])
}
