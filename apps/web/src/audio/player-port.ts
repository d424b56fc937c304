// What the page and the player worklet say to each other.
import type { Progress } from './playback-queue'

export type ToPlayer =
  | { type: 'push'; item: string; samples: Int16Array }
  | { type: 'finish'; item: string }
  | { type: 'clear' }
  | { type: 'stop' }

export type FromPlayer =
  | { type: 'progress'; items: Progress[]; peak: number; underruns: number }
  | { type: 'done'; item: string }
  | { type: 'cleared'; items: Progress[] }
