import { ArrowDown, Unplug } from 'lucide-react'
import { Fragment, type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import type { Bubble, Gap } from '../call/types'
import { words } from '../words'
import { Button } from './Button'
import { Line } from './Line'

interface LiveTranscriptProps {
  bubbles: Bubble[]
  gaps: Gap[]
  persona: string
  /** Stands after the last line, for example a quiz. */
  children?: ReactNode
}

/** The conversation while it happens. It follows the newest line until the learner scrolls up. */
export function LiveTranscript({ bubbles, gaps, persona, children }: LiveTranscriptProps) {
  const { box, following, setFollowing } = useFollowing()
  return (
    <section aria-label={words.call.conversation} className="relative min-h-0">
      {/* The voice is the announcement, so nothing here is live; the box takes focus to be scrolled by keys. */}
      <div
        ref={box}
        role="log"
        aria-live="off"
        aria-label={words.call.conversation}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
        tabIndex={0}
        className="transcript h-full overflow-y-auto overscroll-contain rounded-2xl px-1 pt-5 pb-2 lg:px-4"
        onScroll={(event) => setFollowing(atEnd(event.currentTarget))}
      >
        <div className="min-h-full">
          {bubbles.length === 0 ? (
            <p className="pt-16 text-center text-soft">{words.call.empty}</p>
          ) : (
            <ol className="flex flex-col gap-4">
              <Gaps gaps={gaps} after={null} />
              {bubbles.map((line) => (
                <Fragment key={line.item_id}>
                  <Line line={line} persona={persona} />
                  <Gaps gaps={gaps} after={line.item_id} />
                </Fragment>
              ))}
            </ol>
          )}
          {children}
        </div>
      </div>
      {following ? null : (
        <Button
          className="absolute bottom-3 left-1/2 -translate-x-1/2 shadow-lift"
          onClick={() => setFollowing(true)}
        >
          <ArrowDown size={16} aria-hidden="true" />
          {words.call.latest}
        </Button>
      )}
    </section>
  )
}

/** Where the learner was not there. */
function Gaps({ gaps, after }: { gaps: Gap[]; after: string | null }) {
  return gaps
    .filter((gap) => gap.after === after)
    .map(({ seconds, why, spoken }) => (
      <li
        key={seconds}
        data-testid="gap"
        data-why={why}
        className="flex items-center justify-center gap-2 px-4 py-1 text-center text-sm text-soft text-pretty"
      >
        <Unplug size={16} aria-hidden="true" className="shrink-0" />
        {words.gap[why](seconds, spoken)}
      </li>
    ))
}

function atEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 48
}

function useFollowing() {
  const box = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(true)
  // Lines grow, fonts arrive, the keyboard opens: whatever changes a size, the end stays in sight.
  useLayoutEffect(() => {
    const outer = box.current
    const inner = outer?.firstElementChild
    if (!following || !outer || !inner) return
    const toEnd = () => outer.scrollTo({ top: outer.scrollHeight, behavior: 'instant' })
    const sizes = new ResizeObserver(toEnd)
    sizes.observe(outer)
    sizes.observe(inner)
    return () => sizes.disconnect()
  }, [following])
  return { box, following, setFollowing }
}
