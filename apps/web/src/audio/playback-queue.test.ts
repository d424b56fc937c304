import { describe, expect, it } from 'vitest'
import { FADE, PlaybackQueue, PREBUFFER } from './playback-queue'

const BLOCK = 128

/** A stretch whose samples tell their place: 1, 2, 3, … */
function stretch(length: number, from = 1): Int16Array {
  return Int16Array.from({ length }, (_, i) => from + i)
}

function rendered(queue: PlaybackQueue, blocks: number): number[] {
  const heard: number[] = []
  const out = new Float32Array(BLOCK)
  for (let i = 0; i < blocks; i++) {
    queue.render(out)
    heard.push(...out.map((x) => Math.round(x * 32768)))
  }
  return heard
}

describe('PlaybackQueue', () => {
  it('waits for the prebuffer, then plays without a gap across chunks and blocks', () => {
    const queue = new PlaybackQueue()
    queue.push('a', stretch(PREBUFFER - 1))
    expect(rendered(queue, 2).every((x) => x === 0)).toBe(true)
    queue.push('a', stretch(1000, PREBUFFER))
    expect(rendered(queue, 20).slice(0, PREBUFFER + 999)).toEqual([...stretch(PREBUFFER + 999)])
  })

  it('plays a reply that is shorter than the prebuffer once it is complete', () => {
    const queue = new PlaybackQueue()
    queue.push('a', stretch(300))
    expect(rendered(queue, 1)[0]).toBe(0)
    queue.finish('a')
    expect(rendered(queue, 3).slice(0, 300)).toEqual([...stretch(300)])
    expect(queue.takeDone()).toEqual(['a'])
  })

  it('is done with an item only when its end was announced and every frame was played', () => {
    const queue = new PlaybackQueue()
    queue.push('a', stretch(PREBUFFER))
    rendered(queue, 20)
    expect(queue.takeDone()).toEqual([])
    queue.push('a', stretch(BLOCK))
    queue.finish('a')
    expect(queue.takeDone()).toEqual([])
    rendered(queue, 1)
    expect(queue.takeDone()).toEqual(['a'])
    expect(queue.takeDone()).toEqual([])
  })

  it('counts a reply that stalls as an underrun, and waits for the prebuffer again', () => {
    const queue = new PlaybackQueue()
    queue.push('a', stretch(PREBUFFER))
    rendered(queue, 13)
    expect(queue.underruns).toBe(1)
    queue.push('a', stretch(BLOCK))
    expect(rendered(queue, 1)[0]).toBe(0)
    expect(queue.progress()).toEqual([{ item: 'a', pushed: PREBUFFER + BLOCK, played: PREBUFFER }])
  })

  it('counts no underrun at the end of an item, not even on the edge of a block', () => {
    const queue = new PlaybackQueue()
    queue.push('a', stretch(BLOCK * 12))
    queue.finish('a')
    for (let i = 0; i < 20; i++) {
      rendered(queue, 1)
      queue.takeDone()
    }
    expect(queue.underruns).toBe(0)
  })

  it('counts two items apart, and plays one after the other', () => {
    const queue = new PlaybackQueue()
    queue.push('a', stretch(2000))
    queue.push('b', stretch(2000, 5000))
    queue.finish('a')
    expect(rendered(queue, 17).slice(1998, 2002)).toEqual([1999, 2000, 5000, 5001])
    expect(queue.takeDone()).toEqual(['a'])
    expect(queue.progress()).toEqual([{ item: 'b', pushed: 2000, played: 17 * BLOCK - 2000 }])
  })

  it('stops with a fade of 4 ms that counts as played', () => {
    const queue = new PlaybackQueue()
    queue.push('a', new Int16Array(24000).fill(10000))
    rendered(queue, 50)
    expect(queue.clear()).toEqual([{ item: 'a', pushed: 24000, played: 50 * BLOCK + FADE }])
    expect(queue.silent).toBe(false)
    const tail = rendered(queue, 1)
    expect(tail[0]).toBeGreaterThan(9800)
    expect(tail.slice(0, FADE).every((x, i) => i === 0 || x < (tail[i - 1] as number))).toBe(true)
    expect(tail.slice(FADE).every((x) => x === 0)).toBe(true)
    expect(queue.silent).toBe(true)
    expect(rendered(queue, 10).every((x) => x === 0)).toBe(true)
  })

  it('stops a reply of which nothing was heard yet: 0 frames played', () => {
    const queue = new PlaybackQueue()
    queue.push('a', stretch(100))
    expect(queue.clear()).toEqual([{ item: 'a', pushed: 100, played: 0 }])
    expect(queue.silent).toBe(true)
  })

  it('tells of a reply that stalled: what was heard, and not what the clock says', () => {
    const queue = new PlaybackQueue()
    queue.push('a', stretch(PREBUFFER))
    rendered(queue, 200)
    expect(queue.clear()).toEqual([{ item: 'a', pushed: PREBUFFER, played: PREBUFFER }])
  })

  it('starts afresh after it was cleared', () => {
    const queue = new PlaybackQueue()
    queue.push('a', stretch(24000))
    rendered(queue, 5)
    queue.clear()
    queue.push('b', stretch(PREBUFFER))
    const heard = rendered(queue, 13)
    expect(heard.slice(BLOCK, BLOCK + PREBUFFER)).toEqual([...stretch(PREBUFFER)])
  })

  it('is done at once with an item that has no audio', () => {
    const queue = new PlaybackQueue()
    queue.finish('a')
    expect(queue.takeDone()).toEqual(['a'])
  })
})
