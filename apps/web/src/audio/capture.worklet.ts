// The microphone's end: device blocks in, chunks for the wire out. It runs at the device's own sample rate.
import { Chunker } from './chunker'
import { STOPPED } from './stopped'

class Capture extends AudioWorkletProcessor {
  private running = true
  private readonly chunker = new Chunker(sampleRate, ({ samples, peak }) =>
    this.port.postMessage({ samples, peak }, [samples.buffer]),
  )

  constructor() {
    super()
    // The only thing it is ever told: to stop.
    this.port.onmessage = () => {
      this.running = false
    }
  }

  process(inputs: Float32Array[][]): boolean {
    const channels = inputs[0] ?? []
    this.chunker.push(channels, channels[0]?.length ?? 128)
    if (!this.running) this.port.postMessage(STOPPED)
    return this.running
  }
}

registerProcessor('capture', Capture)
