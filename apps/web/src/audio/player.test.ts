import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WorkletSpeaker } from './player'

/** An AudioContext that runs, on a page that may or may not have worklets. */
class Context {
  static audioWorklet: { addModule(): Promise<void> } | undefined
  state = 'running'
  audioWorklet = Context.audioWorklet
  async resume() {}
  async close() {
    this.state = 'closed'
  }
}

beforeEach(() => {
  vi.stubGlobal('AudioContext', Context)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

it.each([
  ['is not secure', undefined],
  ['did not get its audio code', { addModule: () => Promise.reject(new Error('404')) }],
])('does not count as playing on a page that %s', async (_, audioWorklet) => {
  Context.audioWorklet = audioWorklet
  const playing: boolean[] = []
  const speaker = new WorkletSpeaker({ playing: (is) => playing.push(is), blocked: () => undefined })
  expect(await speaker.open('')).toBe(false)
  speaker.push('a1', new Int16Array(2400))
  expect(speaker.playing).toBe(false)
  expect(await speaker.clear()).toEqual([])
  expect(playing).toEqual([])
})

it('may be closed before it was opened', async () => {
  Context.audioWorklet = { addModule: () => Promise.reject(new Error('closed')) }
  new WorkletSpeaker({ playing: () => undefined, blocked: () => undefined }).close()
  // A rejection that nobody handles fails the run.
  await new Promise((resolve) => setTimeout(resolve))
})
