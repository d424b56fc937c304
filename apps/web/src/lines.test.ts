import { describe, expect, it } from 'vitest'
import type { Bubble } from './call/types'
import type { Grade } from './contract.gen'
import { caption, evidenceByLine, pieces } from './lines'

function line(fields: Partial<Bubble>): Bubble {
  return {
    item_id: 'item',
    role: 'assistant',
    text: '',
    order: 1,
    at: 0,
    until: 0,
    source: 'voice',
    interrupted: false,
    heard_chars: null,
    heard_ms: null,
    partial: false,
    ...fields,
  }
}

describe('pieces', () => {
  it('is one piece when nothing is marked and all was heard', () => {
    expect(pieces('Good evening', [], null)).toEqual([{ text: 'Good evening', heard: true, marks: [] }])
  })

  it('is nothing for an empty line', () => {
    expect(pieces('', [], null)).toEqual([])
  })

  it('cuts where the voice stopped', () => {
    expect(pieces('one two', [], 3)).toEqual([
      { text: 'one', heard: true, marks: [] },
      { text: ' two', heard: false, marks: [] },
    ])
  })

  it('counts code points, not UTF-16 units', () => {
    const [before, marked] = pieces('😀😀 sorry!', [{ id: 'a', start: 3, end: 8 }], null)
    expect(before?.text).toBe('😀😀 ')
    expect(marked).toEqual({ text: 'sorry', heard: true, marks: ['a'] })
  })

  it('keeps spans that overlap apart and loses no text', () => {
    const text = 'I am so sorry about that'
    const cut = pieces(
      text,
      [
        { id: 'a', start: 0, end: 13 },
        { id: 'b', start: 8, end: 24 },
      ],
      null,
    )
    expect(cut.map((piece) => piece.marks)).toEqual([['a'], ['a', 'b'], ['b']])
    expect(cut.map((piece) => piece.text).join('')).toBe(text)
  })

  it('survives positions outside the line', () => {
    expect(pieces('short', [{ id: 'a', start: 2, end: 99 }], 50).map((piece) => piece.text)).toEqual([
      'sh',
      'ort',
    ])
  })
})

describe('caption', () => {
  it("is the persona's newest line", () => {
    expect(caption([line({ text: 'earlier' }), line({ text: 'later' })])).toBe('later')
    expect(caption([])).toBe('')
  })

  it('stays while the learner begins to speak and goes when the learner has spoken', () => {
    const persona = line({ text: 'Can you help?' })
    const learner = line({ role: 'user', text: 'Of course' })
    expect(caption([persona, { ...learner, partial: true }])).toBe('Can you help?')
    expect(caption([persona, learner])).toBe('')
  })

  it('ends where the voice was cut off', () => {
    expect(caption([line({ text: 'And another thing', interrupted: true, heard_chars: 11 })])).toBe(
      'And another',
    )
  })
})

describe('evidenceByLine', () => {
  it('gathers the spans of every check under their line', () => {
    const evidence = { item_id: 'x', role: 'user' as const, quote: 'sorry', start: 0, end: 5, at: 1 }
    const check = {
      id: 'c1',
      ask: '',
      weight: 1,
      result: 'shown' as const,
      evidence: [evidence],
      advice: null,
    }
    const grade = {
      criteria: [
        { id: 'k', name: '', weight: 1, gate: false, score: 100, checks: [check, { ...check, id: 'c2' }] },
      ],
    } as unknown as Grade
    expect(evidenceByLine(grade).get('x')).toEqual([
      { id: 'c1.0', start: 0, end: 5 },
      { id: 'c2.0', start: 0, end: 5 },
    ])
    expect(evidenceByLine(null).size).toBe(0)
  })
})
