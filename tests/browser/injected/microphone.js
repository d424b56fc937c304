// A microphone that speaks on command, in the place of getUserMedia.
// `testMicrophone.say(pcm, rate)` says 16-bit samples (base64) and returns the wall clock (ms) of the first one.
{
  const RATE = 48_000
  const LEAD_S = 0.05
  const { AudioContext } = window // as it is before speaker.js listens in

  class Microphone {
    calls = []
    /** Name of the DOMException that the next getUserMedia throws. */
    fail = null
    #context = null
    #output = null
    #tracks = []

    async open(constraints) {
      const call = { constraints, failed: this.fail, settings: null }
      this.calls.push(call)
      if (this.fail) {
        this.fail = null
        throw new DOMException('The test said so.', call.failed)
      }
      if (!this.#context) this.#start()
      await this.#context.resume()
      const track = this.#output.stream.getAudioTracks()[0].clone()
      this.#tracks.push(track)
      call.settings = track.getSettings()
      return new MediaStream([track])
    }

    say(pcm, rate) {
      const samples = Float32Array.from(new Int16Array(bytes(pcm).buffer), (value) => value / 32768)
      const buffer = this.#context.createBuffer(1, samples.length, rate)
      buffer.copyToChannel(samples, 0)
      const source = this.#context.createBufferSource()
      source.buffer = buffer
      source.connect(this.#output)
      source.start(this.#context.currentTime + LEAD_S)
      return Date.now() + LEAD_S * 1000
    }

    unplug() {
      for (const track of this.#tracks.splice(0)) {
        track.stop() // says nothing to the page, so:
        track.dispatchEvent(new Event('ended'))
      }
    }

    live() {
      return this.#tracks.filter((track) => track.readyState === 'live').length
    }

    #start() {
      this.#context = new AudioContext({ sampleRate: RATE })
      this.#output = this.#context.createMediaStreamDestination()
      const silence = this.#context.createConstantSource()
      silence.offset.value = 0 // keeps the track flowing between utterances
      silence.connect(this.#output)
      silence.start()
    }
  }

  const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))

  window.testMicrophone = new Microphone()
  navigator.mediaDevices.getUserMedia = (constraints) => window.testMicrophone.open(constraints)
}
