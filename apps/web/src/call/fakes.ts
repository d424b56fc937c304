// A call's outside world for tests: a server that says what the test says, and devices without sound. The speaker's
// counting is the real queue's; only its clock is the test's.

import type { Refusal } from '../api'
import type { Microphone, MicrophoneEvents } from '../audio/capture'
import type { Chunk } from '../audio/chunker'
import type { Devices } from '../audio/devices'
import { PlaybackQueue } from '../audio/playback-queue'
import type { Heard, Speaker, SpeakerEvents } from '../audio/player'
import { toMilliseconds } from '../audio/rate'
import type { Line, PublicScenario } from '../contract.gen'
import type { KeptCall } from './kept'
import type { Ports } from './ports'
import type { Address, SocketEvents } from './socket'
import { type Body, type ClientMessage, read } from './wire'

export const scenario: PublicScenario = {
  id: 'hotel',
  version: 1,
  title: 'A complaint',
  summary: 'A guest is not content.',
  level: 'B1',
  locale: 'en',
  tags: [],
  est_minutes: 5,
  learner: { role: 'clerk', brief: 'Help the guest.', goals: [] },
  persona: { name: 'Ms Hart', role: 'guest' },
  max_seconds: 300,
  hints: false,
  privacy: { record: 'transcript', retain_days: 365 },
}

export function line(item_id: string, role: Line['role'], text: string, order: number): Line {
  return {
    item_id,
    role,
    text,
    order,
    at: 0,
    until: 0,
    source: 'voice',
    interrupted: false,
    heard_chars: null,
    heard_ms: null,
  }
}

/** The server's end of one connection. */
export class FakeServer {
  readonly sent: ClientMessage[] = []
  closedByPage = false

  constructor(
    readonly address: Address,
    private readonly events: SocketEvents,
  ) {}

  say(body: Body): void {
    const incoming = read(JSON.stringify(body))
    if (!incoming) throw new Error('not an event')
    this.events.received(incoming)
  }

  hello(more: Record<string, unknown> = {}): void {
    const token = `token-${this.address.resume ? 'again' : 'first'}`
    this.say({
      type: 'vivavoce.hello',
      session_id: 'call_1',
      scenario,
      elapsed_seconds: 0,
      resumable_seconds: 86_400,
      resumed: this.address.resume !== null,
      resume_token: token,
      seq: 0,
      ...more,
    })
  }

  drop(code = 1006, reason = ''): void {
    this.events.closed(code, reason)
  }

  types(): string[] {
    return this.sent.map(({ type }) => type)
  }
}

export class FakeMicrophone implements Microphone {
  /** What the next open() is refused with. */
  refusal: string | null = null
  opened: string[] = []
  closed = false
  resumed = 0

  constructor(readonly events: MicrophoneEvents) {}

  async open(deviceId: string): Promise<void> {
    const { refusal } = this
    this.refusal = null
    if (refusal) throw new DOMException('', refusal)
    this.opened.push(deviceId)
  }

  async resume(): Promise<boolean> {
    this.resumed += 1
    return true
  }

  close(): void {
    this.closed = true
  }

  /** `count` chunks of 40 ms. */
  hear(peak: number, count = 1): void {
    for (let i = 0; i < count; i++) {
      const samples = new Int16Array(960).fill(Math.round(peak * 32767))
      this.events.chunk({ samples, peak } satisfies Chunk)
    }
  }
}

export class FakeSpeaker implements Speaker {
  level = 0
  underruns = 0
  audible = true
  closed = false
  readonly devices: string[] = []
  private readonly queue = new PlaybackQueue()
  private readonly unheard = new Set<string>()

  constructor(readonly events: SpeakerEvents) {}

  get playing(): boolean {
    return this.unheard.size > 0
  }

  async open(): Promise<boolean> {
    return this.audible
  }

  push(item: string, samples: Int16Array<ArrayBuffer>): void {
    const silent = !this.playing
    this.unheard.add(item)
    this.queue.push(item, samples)
    if (silent) this.events.playing(true)
  }

  finish(item: string): void {
    if (this.unheard.has(item)) this.queue.finish(item)
  }

  finishAll(): void {
    for (const item of this.unheard) this.finish(item)
  }

  async clear(): Promise<Heard[]> {
    const items = this.queue.clear()
    const wasPlaying = this.playing
    this.unheard.clear()
    if (wasPlaying) this.events.playing(false)
    await Promise.resolve()
    return items.map(({ item, pushed, played }) => ({
      item,
      receivedMs: toMilliseconds(pushed),
      playedMs: toMilliseconds(played),
    }))
  }

  async setDevice(deviceId: string): Promise<void> {
    if (deviceId === 'gone') throw new DOMException('', 'NotFoundError')
    this.devices.push(deviceId)
  }

  async resume(): Promise<boolean> {
    return true
  }

  close(): void {
    this.closed = true
  }

  /** Lets that much time pass at the loudspeaker. */
  render(ms: number): void {
    const out = new Float32Array(24)
    for (let i = 0; i < ms; i++) this.queue.render(out)
    for (const item of this.queue.takeDone()) this.unheard.delete(item)
    if (!this.playing) this.events.playing(false)
  }
}

export class FakeWorld {
  readonly servers: FakeServer[] = []
  readonly microphones: FakeMicrophone[] = []
  readonly speakers: FakeSpeaker[] = []
  /** What the next microphone is refused with. */
  refusal: string | null = null
  audible = true
  /** Why the server gives no ticket. */
  noTicket: Refusal | null = null
  tickets = 0
  readonly keptCalls = new Map<string, KeptCall>()
  devices: Devices = { inputs: [], outputs: [] }
  changed: () => void = () => undefined
  permitted: () => void = () => undefined
  awake: () => void = () => undefined

  readonly ports: Ports = {
    echoGuard: false,
    microphone: (events) => {
      const microphone = new FakeMicrophone(events)
      microphone.refusal = this.refusal
      this.microphones.push(microphone)
      return microphone
    },
    speaker: (events) => {
      const speaker = new FakeSpeaker(events)
      speaker.audible = this.audible
      this.speakers.push(speaker)
      return speaker
    },
    openSocket: (address, events) => {
      const server = new FakeServer(address, events)
      this.servers.push(server)
      return {
        send: (message) => server.sent.push(message),
        close: () => {
          server.closedByPage = true
        },
      }
    },
    listDevices: async () => this.devices,
    watch: ({ devicesChanged, microphoneAllowed, awake }) => {
      this.changed = devicesChanged
      this.permitted = microphoneAllowed
      this.awake = awake
      return () => undefined
    },
    ticket: async () => {
      if (this.noTicket) throw this.noTicket
      this.tickets += 1
      return `ticket-${this.tickets}`
    },
    kept: {
      read: (id, user) => this.keptCalls.get(`${id}/${user}`) ?? null,
      write: (id, user, call) => this.keptCalls.set(`${id}/${user}`, call),
      drop: (id, user) => this.keptCalls.delete(`${id}/${user}`),
    },
  }

  get server(): FakeServer {
    return last(this.servers)
  }

  get microphone(): FakeMicrophone {
    return last(this.microphones)
  }

  get speaker(): FakeSpeaker {
    return last(this.speakers)
  }
}

function last<T>(list: T[]): T {
  const item = list.at(-1)
  if (item === undefined) throw new Error('none yet')
  return item
}
