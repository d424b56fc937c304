// Hears whatever the page connects to an audio output: a recorder hangs on every AudioContext, beside its destination.
// `testSpeaker.drain()` hands over what was recorded since the last call, one entry for each context.
{
  const RECORDER = `
    const BLOCK = 256
    registerProcessor('test-recorder', class extends AudioWorkletProcessor {
      block = new Int16Array(BLOCK)
      filled = 0
      process([input]) {
        const heard = input[0]
        for (let i = 0; i < 128; i++) {
          const sample = Math.max(-1, Math.min(1, heard ? heard[i] : 0))
          this.block[this.filled++] = Math.round(sample * 32767)
        }
        if (this.filled === BLOCK) {
          const block = { frame: currentFrame + 128 - BLOCK, at: Date.now(), samples: this.block }
          this.port.postMessage(block, [this.block.buffer])
          this.block = new Int16Array(BLOCK)
          this.filled = 0
        }
        return true
      }
    })`

  const connect = AudioNode.prototype.connect
  const disconnect = AudioNode.prototype.disconnect
  const taps = new WeakMap()
  const recordings = []

  const tap = (context) => {
    const recording = { rate: context.sampleRate, blocks: [] }
    const input = new GainNode(context, { channelCount: 1, channelCountMode: 'explicit' })
    taps.set(context, input)
    recordings.push(recording)
    const url = URL.createObjectURL(new Blob([RECORDER], { type: 'text/javascript' }))
    context.audioWorklet.addModule(url).then(() => {
      const recorder = new AudioWorkletNode(context, 'test-recorder')
      recorder.port.onmessage = ({ data }) => recording.blocks.push(data)
      const silence = new GainNode(context, { gain: 0 }) // pulls the recorder, adds nothing to what is heard
      connect.call(input, recorder)
      connect.call(recorder, silence)
      connect.call(silence, context.destination)
    })
  }

  const isOutput = (node) =>
    node instanceof AudioDestinationNode || node instanceof MediaStreamAudioDestinationNode

  AudioNode.prototype.connect = function (target, ...rest) {
    const result = connect.call(this, target, ...rest)
    if (isOutput(target) && taps.has(this.context)) connect.call(this, taps.get(this.context))
    return result
  }

  AudioNode.prototype.disconnect = function (...targets) {
    disconnect.call(this, ...targets)
    if (isOutput(targets[0]) && taps.has(this.context)) disconnect.call(this, taps.get(this.context))
  }

  window.AudioContext = class extends AudioContext {
    constructor(options) {
      super(options)
      tap(this)
    }
  }

  const base64 = (blocks) => {
    const bytes = new Uint8Array(blocks.length * 512)
    blocks.forEach((block, index) => {
      bytes.set(new Uint8Array(block.samples.buffer), index * 512)
    })
    let text = ''
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
    return btoa(text)
  }

  window.testSpeaker = {
    drain: () =>
      recordings.map((recording) => {
        const blocks = recording.blocks.splice(0)
        return {
          rate: recording.rate,
          frames: blocks.map((block) => block.frame),
          times: blocks.map((block) => block.at),
          pcm: base64(blocks),
        }
      }),
  }
}
