// The bubbles of the conversation: lines of the record, and previews that stand in until the record has them.
import type { Line } from '../contract.gen'
import type { Bubble } from './types'

type Preview = Pick<Line, 'item_id' | 'role' | 'source'> & { at: number }

/** Makes sure that `item_id` has a bubble. A new one comes last, and has its place until the record says otherwise. */
export function withPreview(bubbles: Bubble[], preview: Preview): Bubble[] {
  if (bubbles.some(({ item_id }) => item_id === preview.item_id)) return bubbles
  const order = bubbles.at(-1)?.order ?? 0
  return [
    ...bubbles,
    {
      ...preview,
      until: preview.at,
      order,
      text: '',
      interrupted: false,
      heard_chars: null,
      heard_ms: null,
      partial: true,
    },
  ]
}

/** Adds to a preview's text; the record's own text is final, and so is what an interruption cut. */
export function withDelta(bubbles: Bubble[], id: string, delta: string): Bubble[] {
  return changed(bubbles, id, (bubble) =>
    bubble.partial && !bubble.interrupted ? { ...bubble, text: bubble.text + delta } : bubble,
  )
}

export function withText(bubbles: Bubble[], id: string, text: string): Bubble[] {
  return changed(bubbles, id, (bubble) => (bubble.partial ? { ...bubble, text } : bubble))
}

/** The voice was cut after `heard_ms` of the `received_ms` that its text so far took. */
export function withInterruption(
  bubbles: Bubble[],
  id: string,
  heard_ms: number,
  received_ms: number,
): Bubble[] {
  return changed(bubbles, id, (bubble) => {
    const length = [...bubble.text].length
    const heard_chars = received_ms > 0 ? Math.round((length * heard_ms) / received_ms) : 0
    return { ...bubble, interrupted: true, heard_ms, heard_chars: Math.min(length, heard_chars) }
  })
}

/** A line of the record replaces what stood for its item, and takes the place that the record gives it. */
export function withLine(bubbles: Bubble[], line: Line): Bubble[] {
  const bubble = { ...line, partial: false }
  const known = bubbles.some(({ item_id }) => item_id === line.item_id)
  return inOrder(known ? changed(bubbles, line.item_id, () => bubble) : [...bubbles, bubble])
}

/** Takes a preview back; a line of the record stays. */
export function without(bubbles: Bubble[], id: string): Bubble[] {
  return bubbles.filter(({ item_id, partial }) => item_id !== id || !partial)
}

/** Without the learner's bubbles in which nothing was understood. */
export function withoutEmpty(bubbles: Bubble[]): Bubble[] {
  return bubbles.filter(({ partial, role, text }) => !(partial && role === 'user' && text === ''))
}

/** Lines of the record by their order; a preview has none of its own and keeps behind the line it came after. */
function inOrder(bubbles: Bubble[]): Bubble[] {
  const groups: { order: number; bubbles: Bubble[] }[] = [{ order: 0, bubbles: [] }]
  for (const bubble of bubbles) {
    if (!bubble.partial) groups.push({ order: bubble.order, bubbles: [] })
    groups.at(-1)?.bubbles.push(bubble)
  }
  groups.sort((a, b) => a.order - b.order)
  return groups.flatMap(({ order, bubbles }) =>
    // A line that keeps its place stays the same object, and is not drawn again.
    bubbles.map((bubble) => (bubble.order === order ? bubble : { ...bubble, order })),
  )
}

function changed(bubbles: Bubble[], id: string, change: (bubble: Bubble) => Bubble): Bubble[] {
  return bubbles.map((bubble) => (bubble.item_id === id ? change(bubble) : bubble))
}
