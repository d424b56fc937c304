import { describe, expect, it } from 'vitest'
import { fromBase64 } from '../audio/pcm'
import { LearnerVoice, type Moment } from './learner-voice'
import type { ClientMessage } from './wire'

const mine: Moment = { open: true, playing: false, yourTurn: true }

function voice(echoGuard = false) {
  const sent: Int16Array[] = []
  const silent: boolean[] = []
  const learner = new LearnerVoice({
    send: (message: ClientMessage) => {
      if (message.type === 'input_audio_buffer.append') sent.push(fromBase64(message.audio))
    },
    silent: (now) => silent.push(now),
    echoGuard,
  })
  const hear = (value: number, moment: Partial<Moment> = {}, count = 1) => {
    for (let i = 0; i < count; i++) {
      const samples = new Int16Array(960).fill(value)
      learner.chunk({ samples, peak: value / 32767 }, { ...mine, ...moment })
    }
  }
  return { learner, sent, silent, hear }
}

describe('before the line is ready', () => {
  it('keeps what is said, and sends it first, in order and in large pieces', () => {
    const { learner, sent, hear } = voice()
    for (let i = 1; i <= 50; i++) hear(i)
    expect(sent).toEqual([])
    learner.lineReady()
    expect(sent.map(({ length }) => length)).toEqual([24000, 24000])
    expect(sent[0]?.[0]).toBe(1)
    expect(sent[1]?.at(-1)).toBe(50)
    hear(99)
    expect(sent[2]?.[0]).toBe(99)
  })

  it('keeps the newest three seconds', () => {
    const { learner, sent, hear } = voice()
    for (let i = 1; i <= 200; i++) hear(i)
    learner.lineReady()
    expect(sent.reduce((sum, { length }) => sum + length, 0)).toBe(72000)
    expect(sent[0]?.[0]).toBe(126)
  })

  it('keeps it again while the line is down', () => {
    const { learner, sent, hear } = voice()
    learner.lineReady()
    learner.lineLost()
    hear(5)
    expect(sent).toEqual([])
    learner.lineReady()
    expect(sent).toEqual([new Int16Array(960).fill(5)])
  })
})

it('sends silence while it is not open, so that the server hears the turn end', () => {
  const { learner, sent, hear } = voice()
  learner.lineReady()
  hear(9000, { open: false })
  expect(sent).toEqual([new Int16Array(960)])
  expect(learner.level).toBe(0)
  hear(9000)
  expect(learner.level).toBeCloseTo(9000 / 32767)
})

it('does not send the echo of the first reply', () => {
  const { learner, sent, hear } = voice(true)
  learner.lineReady()
  hear(1000, { playing: true })
  hear(9000, { playing: true })
  expect(sent.map((samples) => samples[0])).toEqual([0, 9000])
})

describe('a microphone that gives nothing', () => {
  it('is noticed after five seconds of the learner’s turn, once, and forgiven when it speaks', () => {
    const { silent, hear } = voice()
    hear(3, {}, 124)
    expect(silent).toEqual([])
    hear(3, {}, 100)
    expect(silent).toEqual([true])
    hear(2000)
    expect(silent).toEqual([true, false])
  })

  it('is not the learner’s silence: not muted, not while the persona speaks, not after they were heard', () => {
    const { learner, silent, hear } = voice()
    hear(3, { open: false }, 200)
    hear(3, { yourTurn: false }, 200)
    hear(2000)
    hear(3, {}, 200)
    expect(silent).toEqual([])
    learner.deviceChanged()
    hear(3, {}, 200)
    expect(silent).toEqual([true])
  })
})
