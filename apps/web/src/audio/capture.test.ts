import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { CaptureMicrophone } from './capture'

interface Asked {
  allow(): void
  refuse(): void
  stopped: boolean
}

/** The prompts that wait for an answer, by device. */
const asked = new Map<string, Asked>()
/** The device whose sound reaches the page. */
let heard: string | null

class Context {
  state = 'running'
  audioWorklet = { addModule: async () => undefined }
  async resume() {}
  createMediaStreamSource({ device }: { device: string }) {
    heard = device
    return { connect: () => undefined, disconnect: () => undefined }
  }
}

function getUserMedia({ audio }: { audio: { deviceId: { exact: string } } }) {
  const device = audio.deviceId.exact
  return new Promise((resolve, reject) => {
    const answer: Asked = {
      stopped: false,
      allow: () => resolve({ device, getTracks: () => [track], getAudioTracks: () => [track] }),
      refuse: () => reject(new DOMException('', 'NotReadableError')),
    }
    const track = {
      stop: () => {
        answer.stopped = true
      },
    }
    asked.set(device, answer)
  })
}

beforeEach(() => {
  heard = null
  asked.clear()
  vi.stubGlobal('AudioContext', Context)
  vi.stubGlobal(
    'AudioWorkletNode',
    class {
      port = {}
      connect() {}
    },
  )
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

async function chooseSlowThenQuick() {
  const nothing = () => undefined
  const microphone = new CaptureMicrophone({
    chunk: nothing,
    lost: nothing,
    deviceMuted: nothing,
    blocked: nothing,
  })
  const slow = microphone.open('slow')
  const quick = microphone.open('quick')
  asked.get('quick')?.allow()
  await quick
  return slow
}

it('listens to the device that was chosen last, not to the one that came last', async () => {
  const slow = chooseSlowThenQuick()
  await vi.waitFor(() => expect(heard).toBe('quick'))
  asked.get('slow')?.allow()
  await slow
  expect(heard).toBe('quick')
  expect([asked.get('slow')?.stopped, asked.get('quick')?.stopped]).toEqual([true, false])
})

it('does not complain of a device that nobody wants any more', async () => {
  const slow = chooseSlowThenQuick()
  await vi.waitFor(() => expect(heard).toBe('quick'))
  asked.get('slow')?.refuse()
  await expect(slow).resolves.toBeUndefined()
})
