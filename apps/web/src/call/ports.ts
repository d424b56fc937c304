// The outside world of a call, as the engine needs it; tests hand in their own.

import { fetchTicket } from '../api'
import { CaptureMicrophone, type Microphone, type MicrophoneEvents, rawAudio } from '../audio/capture'
import { type Devices, listDevices, watchDevices } from '../audio/devices'
import { type Speaker, type SpeakerEvents, WorkletSpeaker } from '../audio/player'
import type { Network } from './connection'
import { type Kept, kept } from './kept'
import { openSocket } from './socket'

/** A server that accepts and says nothing counts as one that does not answer. */
const ANSWER_TIMEOUT_MS = 10_000

/** What happens around a call. */
export interface Watched {
  devicesChanged(): void
  microphoneAllowed(): void
  /** The browser has a network again, or somebody looks at the page again: its timers may have slept. */
  awake(): void
}

export interface Ports extends Network {
  microphone(events: MicrophoneEvents): Microphone
  speaker(events: SpeakerEvents): Speaker
  kept: Kept
  listDevices(): Promise<Devices>
  watch(watched: Watched): () => void
  /** Off where the browser's echo canceller is off too. */
  echoGuard: boolean
}

export const browserPorts: Ports = {
  microphone: (events) => new CaptureMicrophone(events),
  speaker: (events) => new WorkletSpeaker(events),
  openSocket,
  listDevices,
  watch({ devicesChanged, microphoneAllowed, awake }) {
    const unwatch = watchDevices(devicesChanged, microphoneAllowed)
    const looked = () => document.hidden || awake()
    window.addEventListener('online', awake)
    document.addEventListener('visibilitychange', looked)
    return () => {
      unwatch()
      window.removeEventListener('online', awake)
      document.removeEventListener('visibilitychange', looked)
    }
  },
  ticket: (scenario, user) => fetchTicket(scenario, user, AbortSignal.timeout(ANSWER_TIMEOUT_MS)),
  kept,
  echoGuard: !rawAudio,
}
