// From the wire's audio to the speaker, and what happens when somebody interrupts.
import { fromBase64 } from '../audio/pcm'
import type { Heard, Speaker } from '../audio/player'
import type { ClientMessage, KnownEvent } from './wire'

interface Options {
  speaker: Speaker
  send(message: ClientMessage): void
  interrupted(heard: Heard): void
  /** Milliseconds from the news that the learner speaks to silence in the player. */
  bargedIn(ms: number): void
}

export class PersonaVoice {
  private response: string | null = null
  /** Interrupted responses whose late audio may still come, until their response.done. */
  private readonly cut = new Set<string>()
  private stopping: Promise<void> | null = null

  constructor(private readonly options: Options) {}

  receive(event: KnownEvent): void {
    const { speaker } = this.options
    switch (event.type) {
      case 'response.created':
        this.response = event.response.id
        break
      case 'response.output_audio.delta':
        if (!this.cut.has(event.response_id)) speaker.push(event.item_id, decoded(event.delta))
        break
      case 'response.output_audio.done':
        speaker.finish(event.item_id)
        break
      case 'response.done':
        // A cancelled response may end without announcing the end of its audio.
        speaker.finishAll()
        this.cut.delete(event.response.id)
        if (this.response === event.response.id) this.response = null
        break
      case 'input_audio_buffer.speech_started':
        this.bargeIn()
        break
    }
  }

  /** The learner asked for silence: the server does not know yet, so it is told. */
  interrupt(): Promise<void> {
    if (this.response !== null) this.options.send({ type: 'response.cancel' })
    return this.stop()
  }

  /** The line is gone: no more audio will come, and what is here is heard to its end. */
  lineLost(): void {
    this.response = null
    this.cut.clear()
    this.options.speaker.finishAll()
  }

  /** The server heard the learner first, and has cancelled its response by itself. */
  private bargeIn(): void {
    const began = performance.now()
    if (!this.options.speaker.playing) {
      this.cutResponse()
      return
    }
    void this.stop().then(() => this.options.bargedIn(performance.now() - began))
  }

  private stop(): Promise<void> {
    this.cutResponse()
    // A second interruption while the first is under way is the same one.
    this.stopping ??= this.silence().finally(() => {
      this.stopping = null
    })
    return this.stopping
  }

  private cutResponse(): void {
    if (this.response !== null) this.cut.add(this.response)
    this.response = null
  }

  private async silence(): Promise<void> {
    for (const heard of await this.options.speaker.clear()) {
      const audio_end_ms = Math.min(heard.playedMs, heard.receivedMs)
      this.options.interrupted(heard)
      this.options.send({
        type: 'conversation.item.truncate',
        item_id: heard.item,
        content_index: 0,
        audio_end_ms,
      })
    }
  }
}

/** Audio that cannot be read is left out; the words are in the transcript. */
function decoded(delta: string): Int16Array<ArrayBuffer> {
  try {
    return fromBase64(delta)
  } catch {
    return new Int16Array(0)
  }
}
