import { expect, it } from 'vitest'
import { FakeMicrophone } from '../call/fakes'
import { Dictation, LONGEST_ANSWER_S } from './dictation'
import { RATE } from './rate'

function dictate() {
  const heard: number[] = []
  const made: FakeMicrophone[] = []
  let full = 0
  const dictation = new Dictation(
    {
      heard: (seconds) => heard.push(seconds),
      full: () => {
        full += 1
      },
    },
    (events) => {
      const microphone = new FakeMicrophone(events)
      made.push(microphone)
      return microphone
    },
  )
  const [microphone] = made
  if (!microphone) throw new Error('no microphone')
  return { dictation, microphone, heard, full: () => full }
}

it('gives back what was said, and lets the microphone go', async () => {
  const { dictation, microphone, heard } = dictate()
  await dictation.start()
  microphone.hear(0.5, 25)
  const samples = dictation.stop()
  expect(samples).toHaveLength(RATE)
  expect(samples[0]).toBe(Math.round(0.5 * 32767))
  expect(heard.at(-1)).toBe(1)
  expect(microphone.closed).toBe(true)
})

it('ends at the longest answer', async () => {
  const { dictation, microphone, full } = dictate()
  await dictation.start()
  microphone.hear(0.5, 25 * LONGEST_ANSWER_S - 1)
  expect(full()).toBe(0)
  microphone.hear(0.5, 1)
  expect(full()).toBe(1)
  expect(dictation.stop()).toHaveLength(LONGEST_ANSWER_S * RATE)
})

it('has nothing when nothing came, and hears nothing after its end', async () => {
  const { dictation, microphone } = dictate()
  await dictation.start()
  expect(dictation.stop()).toHaveLength(0)
  microphone.hear(0.5, 25)
  expect(dictation.stop()).toHaveLength(0)
})

it('passes on why there is no microphone', async () => {
  const { dictation, microphone } = dictate()
  microphone.refusal = 'NotAllowedError'
  await expect(dictation.start()).rejects.toMatchObject({ name: 'NotAllowedError' })
})

it('ends when the device goes away, but not twice', async () => {
  const { dictation, microphone, full } = dictate()
  await dictation.start()
  microphone.events.lost()
  expect(full()).toBe(1)
  dictation.stop()
  microphone.events.lost()
  expect(full()).toBe(1)
})
