// The microphone: permission, device, and a stream of 24 kHz chunks.
import workletUrl from './capture.worklet.ts?worker&url'
import type { Chunk } from './chunker'
import { close, running, stopAndClose } from './context'

/**
 * `?audio=raw` in the page's address turns the browser's processing off. It is for measuring: a waveform can only be
 * compared with what was said when no echo canceller or gain control has changed it.
 */
export const rawAudio =
  typeof location !== 'undefined' && new URLSearchParams(location.search).get('audio') === 'raw'

export interface MicrophoneEvents {
  chunk(chunk: Chunk): void
  /** The device went away. */
  lost(): void
  /** The system or a switch on the device muted it, or did so no more. */
  deviceMuted(muted: boolean): void
  /** The browser stopped the audio clock (phone call, another app), or let it run again. */
  blocked(blocked: boolean): void
}

export interface Microphone {
  /**
   * Asks for `deviceId` ('' is the system's choice) and starts, or changes to it. Throws getUserMedia's DOMException, or
   * an InsecureContextError where the browser offers no microphone at all, or a NetworkError when the server did not
   * give the page its audio code.
   */
  open(deviceId: string): Promise<void>
  /** To be called in a user gesture. */
  resume(): Promise<boolean>
  close(): void
}

/** To be created in a user gesture, or the browser may refuse to start it. */
export class CaptureMicrophone implements Microphone {
  private readonly context = new AudioContext({ latencyHint: 'interactive' })
  private readonly ready: Promise<AudioWorkletNode>
  private readonly resumed: Promise<boolean>
  private stream: MediaStream | null = null
  private source: MediaStreamAudioSourceNode | null = null
  /** How often a device was asked for. Devices answer in any order; the last wish counts. */
  private wishes = 0
  private closed = false

  constructor(private readonly events: MicrophoneEvents) {
    this.resumed = running(this.context)
    this.ready = this.load()
    // An insecure page has no worklets: open() says so before anyone waits for this.
    this.ready.catch(() => undefined)
  }

  async open(deviceId: string): Promise<void> {
    const wish = ++this.wishes
    const stale = () => this.closed || wish !== this.wishes
    const stream = await askFor(deviceId).catch((error: unknown) => {
      if (!stale()) throw error
    })
    if (!stream) return
    const node = await this.ready.catch(() => {
      stop(stream)
      throw new DOMException('The audio code did not load.', 'NetworkError')
    })
    if (stale()) {
      stop(stream)
      return
    }
    this.release()
    this.stream = stream
    this.watch(stream)
    this.source = this.context.createMediaStreamSource(stream)
    this.source.connect(node)
    this.context.onstatechange = () => this.reportClock()
    if (!(await this.resumed)) this.reportClock()
  }

  resume(): Promise<boolean> {
    return running(this.context)
  }

  close(): void {
    this.closed = true
    this.release()
    this.context.onstatechange = null
    void this.ready.then(
      (node) => stopAndClose(node, this.context, 'stop'),
      () => close(this.context),
    )
  }

  private async load(): Promise<AudioWorkletNode> {
    await this.context.audioWorklet.addModule(workletUrl)
    const node = new AudioWorkletNode(this.context, 'capture', { numberOfOutputs: 1 })
    node.port.onmessage = ({ data }: MessageEvent<Chunk>) => {
      if (!this.closed) this.events.chunk(data)
    }
    // Some browsers only run what leads to the speaker. The node writes nothing, so this is silent.
    node.connect(this.context.destination)
    return node
  }

  private watch(stream: MediaStream): void {
    const track = stream.getAudioTracks()[0]
    if (!track) return
    const ours = () => this.stream === stream && !this.closed
    track.onended = () => ours() && this.events.lost()
    track.onmute = () => ours() && this.events.deviceMuted(true)
    track.onunmute = () => ours() && this.events.deviceMuted(false)
  }

  private reportClock(): void {
    if (!this.closed) this.events.blocked(this.context.state !== 'running')
  }

  private release(): void {
    this.source?.disconnect()
    this.source = null
    if (this.stream) stop(this.stream)
    this.stream = null
  }
}

async function askFor(deviceId: string): Promise<MediaStream> {
  // Undefined on a page that is not secure, for example http:// on a LAN address.
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new DOMException('The page is not secure.', 'InsecureContextError')
  }
  const processing = !rawAudio
  return navigator.mediaDevices.getUserMedia({
    audio: {
      ...(deviceId === '' ? {} : { deviceId: { exact: deviceId } }),
      channelCount: { ideal: 1 },
      echoCancellation: processing,
      noiseSuppression: processing,
      autoGainControl: processing,
    },
  })
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}
