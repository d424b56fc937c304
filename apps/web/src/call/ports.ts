// The outside world of a call, as the engine needs it; tests hand in their own.

import { fetchScenarios } from '../api'
import { CaptureMicrophone, type Microphone, type MicrophoneEvents, rawAudio } from '../audio/capture'
import { type Devices, listDevices, watchDevices } from '../audio/devices'
import { type Speaker, type SpeakerEvents, WorkletSpeaker } from '../audio/player'
import { type OpenSocket, openSocket } from './socket'

/** A server that accepts and says nothing counts as one that does not answer. */
const ANSWER_TIMEOUT_MS = 5000

export interface Ports {
  microphone(events: MicrophoneEvents): Microphone
  speaker(events: SpeakerEvents): Speaker
  openSocket: OpenSocket
  listDevices(): Promise<Devices>
  watchDevices(changed: () => void, permitted: () => void): () => void
  /** A refused WebSocket does not say why: asks the server by HTTP. Rejects when it does not answer at all. */
  knowsScenario(id: string): Promise<boolean>
  /** Off where the browser's echo canceller is off too. */
  echoGuard: boolean
}

export const browserPorts: Ports = {
  microphone: (events) => new CaptureMicrophone(events),
  speaker: (events) => new WorkletSpeaker(events),
  openSocket,
  listDevices,
  watchDevices,
  knowsScenario: async (id) => {
    const list = await fetchScenarios(AbortSignal.timeout(ANSWER_TIMEOUT_MS))
    return list.some((scenario) => scenario.id === id)
  },
  echoGuard: !rawAudio,
}
