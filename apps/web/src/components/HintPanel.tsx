import { Lightbulb, LoaderCircle, X } from 'lucide-react'
import { type RefObject, useEffect } from 'react'
import type { CallSnapshot } from '../call/types'
import { words } from '../words'
import { Button } from './Button'

interface HintPanelProps {
  now: CallSnapshot
  /** The button that asks for the next rung. */
  ask: RefObject<HTMLButtonElement | null>
  onAsk: () => void
  onClose: () => void
}

/** The ladder of help: what was given last, and what the next rung costs before it is asked for. */
export function HintPanel({ now, ask, onAsk, onClose }: HintPanelProps) {
  const { hints, hintAsked, hintsOver, hello } = now
  const last = hints.at(-1)
  // Whoever opens it means to ask; the words of the price come first in reading, the button has the focus.
  useEffect(() => ask.current?.focus({ preventScroll: true }), [ask])
  return (
    <section
      aria-label={words.hints.title}
      data-testid="hint-panel"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault() // or a sheet would close with it
        onClose()
      }}
      className="rounded-2xl border border-line bg-surface px-4 py-3 shadow-lift sm:px-5"
    >
      <div className="flex items-start gap-3">
        <Lightbulb size={20} aria-hidden="true" className="mt-0.5 shrink-0 text-soft" />
        <div role="status" className="min-w-0 flex-1">
          {last ? (
            <>
              <p className="text-sm text-soft">
                {words.hints.kinds[last.kind]}
                {last.cost > 0 ? `, ${words.hints.cost(last.cost)}` : ''}
              </p>
              <p data-testid="hint-text" data-kind={last.kind} className="mt-0.5 text-pretty">
                {last.kind === 'nudge' ? (
                  last.text
                ) : (
                  <span className="font-voice text-[1.125rem]">{last.text}</span>
                )}
              </p>
            </>
          ) : (
            <p>{words.hints.what}</p>
          )}
          {hintsOver ? (
            <p data-testid="no-hints" className="mt-1 text-sm text-soft">
              {words.hints.over}
            </p>
          ) : null}
        </div>
        <Button
          kind="quiet"
          size="icon"
          className="-mt-2 -mr-2.5"
          aria-label={words.hints.close}
          onClick={onClose}
        >
          <X size={19} aria-hidden="true" />
        </Button>
      </div>
      {hintsOver ? null : (
        <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-2 sm:pl-8">
          <Button
            ref={ask}
            data-testid="ask-hint"
            aria-describedby="hint-price"
            aria-disabled={hintAsked}
            onClick={onAsk}
          >
            {hintAsked ? (
              <LoaderCircle
                size={17}
                aria-hidden="true"
                className="animate-spin motion-reduce:animate-none"
              />
            ) : null}
            {last ? words.hints.next : words.hints.first}
          </Button>
          <p id="hint-price" data-testid="hint-price" className="text-sm text-soft">
            {words.hints.price(hello?.hint_cost ?? 0)}
          </p>
        </div>
      )}
    </section>
  )
}
