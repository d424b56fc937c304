// Holds the model and tells the screens when it changed.
import { type Action, type CallModel, initial, reduce } from './reducer'

/** Raw events come 50 times a second while somebody speaks; the drawer need not be drawn as often. */
const EVENTS_EVERY_MS = 200

export class Store {
  model: CallModel = initial
  private readonly listeners = new Set<() => void>()
  private shown: CallModel = initial
  private timer: ReturnType<typeof setTimeout> | undefined

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** What the screens have been told of; `model` may have newer raw events. */
  get snapshot(): CallModel {
    return this.shown
  }

  dispatch(action: Action): void {
    this.replace(reduce(this.model, action))
  }

  replace(model: CallModel): void {
    this.model = model
    if (!onlyEventsDiffer(this.shown, model)) this.show()
    else this.timer ??= setTimeout(() => this.show(), EVENTS_EVERY_MS)
  }

  private show(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.shown = this.model
    for (const listener of this.listeners) listener()
  }
}

function onlyEventsDiffer(a: CallModel, b: CallModel): boolean {
  const keys = Object.keys(b) as (keyof CallModel)[]
  return keys.every((key) => key === 'events' || a[key] === b[key])
}
