// What a line of the conversation looks like: cut where the voice stopped, marked where it is evidence.
import type { Bubble } from './call/types'
import type { Grade } from './contract.gen'

/** A marked stretch of a line, in Unicode code points as on the wire (JavaScript's own indices count UTF-16 units). */
export interface Span {
  id: string
  start: number
  end: number
}

/** A stretch of a line that is drawn in one way. */
export interface Piece {
  text: string
  heard: boolean
  /** Ids of the spans that cover it. */
  marks: string[]
}

export function pieces(text: string, spans: Span[], heardChars: number | null): Piece[] {
  const points = Array.from(text)
  const within = (position: number) => Math.min(Math.max(position, 0), points.length)
  const heard = within(heardChars ?? points.length)
  const cuts = new Set([0, heard, points.length])
  for (const span of spans) {
    cuts.add(within(span.start))
    cuts.add(within(span.end))
  }
  const edges = [...cuts].sort((a, b) => a - b)
  return edges.slice(1).map((end, index) => {
    const start = edges[index] ?? 0
    return {
      text: points.slice(start, end).join(''),
      heard: start < heard,
      marks: spans.filter((span) => span.start <= start && end <= span.end).map((span) => span.id),
    }
  })
}

export function heardText(line: Bubble): string {
  return line.heard_chars === null ? line.text : Array.from(line.text).slice(0, line.heard_chars).join('')
}

/** The line for the big caption: what the persona says, or said last; empty once the learner's newer line is complete. */
export function caption(bubbles: Bubble[]): string {
  const last = bubbles.findLast((bubble) => bubble.role === 'assistant' || !bubble.partial)
  return last?.role === 'assistant' ? heardText(last) : ''
}

/** One id per piece of evidence of a check. */
export function evidenceId(checkId: string, index: number): string {
  return `${checkId}.${index}`
}

/** The evidence of a grade, by the line it stands in. */
export function evidenceByLine(grade: Grade | null): Map<string, Span[]> {
  const spans = new Map<string, Span[]>()
  for (const check of grade?.criteria.flatMap((criterion) => criterion.checks) ?? []) {
    check.evidence.forEach((evidence, index) => {
      const span = { id: evidenceId(check.id, index), start: evidence.start, end: evidence.end }
      spans.set(evidence.item_id, [...(spans.get(evidence.item_id) ?? []), span])
    })
  }
  return spans
}

export function answerAnchor(questionId: string): string {
  return `answer-${questionId}`
}

export function checkAnchor(checkId: string): string {
  return `check-${checkId}`
}

export function lineAnchor(itemId: string): string {
  return `line-${itemId}`
}
