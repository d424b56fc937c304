import { Keyboard, Scissors } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import type { Bubble } from '../call/types'
import { clock } from '../clock'
import { lineAnchor, type Piece, pieces, type Span } from '../lines'
import { words } from '../words'

interface LineProps {
  line: Bubble
  persona: string
  /** Evidence in this line; only the result shows it. */
  spans?: Span[]
  /** The evidence that was asked for last. */
  active?: string | null
  /** It is being heard again. */
  heard?: boolean
  /** What can be done with it; only the review offers something. */
  children?: ReactNode
}

const noSpans: Span[] = []

/** One bubble: the learner's to the right, the persona's to the left. */
export const Line = memo(function Line({
  line,
  persona,
  spans = noSpans,
  active = null,
  heard = false,
  children,
}: LineProps) {
  const mine = line.role === 'user'
  return (
    <li
      id={lineAnchor(line.item_id)}
      tabIndex={-1}
      data-testid="bubble"
      data-role={line.role}
      data-item-id={line.item_id}
      data-partial={line.partial}
      className={`flex scroll-my-24 flex-col rounded-xl ${mine ? 'items-end' : 'items-start'}`}
    >
      <p className="mb-1 flex flex-wrap items-center gap-x-2 px-1 text-xs text-soft">
        <span className="font-medium text-ink">{mine ? words.call.you : persona}</span>
        <time>{clock(line.at)}</time>
        {line.source === 'text' ? <Tag icon={Keyboard} text={words.call.typed} /> : null}
        {line.interrupted ? <Tag icon={Scissors} text={words.call.cutOff} /> : null}
      </p>
      <p
        className={`max-w-[min(34rem,92%)] rounded-2xl px-4 py-2.5 font-voice text-[1.125rem] leading-[1.45] break-words whitespace-pre-wrap ${
          heard ? 'ring-2 ring-ink ' : ''
        }${
          mine
            ? 'rounded-tr-md border border-transparent bg-sunken'
            : 'rounded-tl-md border border-line bg-surface'
        } ${line.partial ? 'text-soft' : ''}`}
      >
        {line.text === '' ? (
          <Typing />
        ) : (
          keyed(pieces(line.text, spans, line.heard_chars)).map(([key, piece]) => (
            <PieceText key={key} piece={piece} active={active} />
          ))
        )}
      </p>
      {children}
    </li>
  )
})

function PieceText({ piece, active }: { piece: Piece; active: string | null }) {
  const strong = active !== null && piece.marks.includes(active)
  const text =
    piece.marks.length > 0 ? (
      <mark
        className={`rounded-sm box-decoration-clone px-0.5 text-inherit ${strong ? 'bg-mark-strong' : 'bg-mark'}`}
      >
        {piece.text}
      </mark>
    ) : (
      piece.text
    )
  if (piece.heard) return text
  return (
    <del className="text-soft decoration-1">
      <span className="sr-only"> {words.call.notHeard} </span>
      {text}
    </del>
  )
}

/** Pieces by their place in the line: it is their identity while a line grows. */
function keyed(parts: Piece[]): [number, Piece][] {
  let place = 0
  return parts.map((piece) => {
    const key = place
    place += piece.text.length
    return [key, piece]
  })
}

function Tag({ icon: Icon, text }: { icon: typeof Keyboard; text: string }) {
  return (
    <span className="inline-flex items-center gap-1">
      <Icon size={12} aria-hidden="true" />
      {text}
    </span>
  )
}

function Typing() {
  return (
    <span className="typing">
      <i />
      <i />
      <i />
    </span>
  )
}
