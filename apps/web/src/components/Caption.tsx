import type { Bubble } from '../call/types'
import { caption } from '../lines'
import { words } from '../words'

/** The persona's current line, large. It is not announced: the voice says it. */
export function Caption({ bubbles }: { bubbles: Bubble[] }) {
  const text = caption(bubbles)
  return (
    <p
      data-testid="caption"
      className={`col-span-full max-h-40 w-full overflow-y-auto border-t border-line pt-3 font-voice text-xl leading-snug text-pretty lg:mt-6 lg:pt-5 lg:text-center lg:text-[1.625rem] ${
        text === '' ? 'text-soft' : ''
      }`}
    >
      {text === '' ? words.call.captionsEmpty : text}
    </p>
  )
}
