import { Pause, Play, RotateCcw } from 'lucide-react'
import { memo } from 'react'
import { Link } from 'wouter'
import { clock } from '../clock'
import { Line } from '../components/Line'
import type { Line as Said } from '../contract.gen'
import { evidenceByLine } from '../lines'
import type { Review } from '../review.gen'
import { words } from '../words'
import { afterwards } from '../words-afterwards'
import { isTakenOver } from './timeline'
import { type Hearing, useHeardLine } from './useHearing'

interface TranscriptProps {
  review: Review
  hearing: Hearing
  /** The evidence that was asked for last. */
  active: string | null
}

/** Everything that was said; each line can be heard again, and be the beginning of another try. */
export function Transcript({ review, hearing, active }: TranscriptProps) {
  const heard = useHeardLine(hearing, review.lines)
  return (
    <section
      aria-labelledby="transcript"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: on a wide screen it is a box that scrolls
      tabIndex={0}
      className="lg:sticky lg:top-6 lg:max-h-[calc(100dvh-3rem)] lg:overflow-y-auto lg:-mx-2 lg:rounded-2xl lg:px-2 print:static print:mt-8 print:max-h-none print:overflow-visible"
    >
      <h2 id="transcript" className="text-xl font-semibold tracking-[-0.015em]">
        {words.result.transcript}
      </h2>
      {review.lines.length === 0 ? (
        <p className="mt-3 text-soft">{words.result.noTranscript}</p>
      ) : (
        <Lines review={review} heard={heard} active={active} hearing={hearing} />
      )}
    </section>
  )
}

interface LinesProps extends Pick<TranscriptProps, 'review' | 'active'> {
  hearing: Hearing
  heard: string | null
}

const Lines = memo(function Lines({ review, hearing, heard, active }: LinesProps) {
  const spans = evidenceByLine(review.grade)
  const persona = review.scenario.persona.name
  return (
    <ol className="mt-3 flex flex-col gap-3 pb-2">
      {review.lines.map((line, index) => (
        <Line
          key={line.item_id}
          line={{ ...line, partial: false }}
          persona={persona}
          spans={spans.get(line.item_id)}
          active={active}
          heard={heard === line.item_id}
        >
          <div className="flex flex-wrap gap-x-4 px-1 print:hidden">
            {isTakenOver(line) ? (
              <span className="min-h-8 text-sm text-soft">{afterwards.review.takenOver}</span>
            ) : null}
            {hearing.kept && line.source === 'voice' && !isTakenOver(line) ? (
              <Hear
                name={afterwards.review.hearLine(speaker(line, persona), clock(line.at))}
                on={heard === line.item_id}
                onPress={() => (heard === line.item_id ? hearing.stop() : hearing.play(line.at))}
              />
            ) : null}
            {index === 0 ? null : (
              <Link
                href={retryPath(review, line)}
                data-testid="retry-from"
                aria-label={afterwards.review.retryLine(speaker(line, persona), clock(line.at))}
                className={action}
              >
                <RotateCcw size={14} aria-hidden="true" />
                {afterwards.review.retry}
              </Link>
            )}
          </div>
        </Line>
      ))}
    </ol>
  )
})

function Hear({ name, on, onPress }: { name: string; on: boolean; onPress: () => void }) {
  const Icon = on ? Pause : Play
  return (
    <button
      type="button"
      data-testid="hear-line"
      aria-label={on ? afterwards.review.pause : name}
      className={action}
      onClick={onPress}
    >
      <Icon size={14} aria-hidden="true" />
      {on ? afterwards.review.pause : afterwards.review.hear}
    </button>
  )
}

const action =
  'inline-flex min-h-8 items-center gap-1.5 text-sm text-soft underline-offset-4 hover:text-ink hover:underline pointer-coarse:min-h-11'

function speaker(line: Said, persona: string): string {
  return line.role === 'user' ? words.call.you : persona
}

/** A new call that begins where this line would be said. */
function retryPath({ call }: Review, line: Said): string {
  const query = new URLSearchParams({ from: `${call.id}:${line.item_id}` })
  return `/call/${encodeURIComponent(call.scenario_id)}?${query}`
}
