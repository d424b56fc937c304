import { useState } from 'react'
import { GradeReport } from '../components/GradeReport'
import { JudgeFailed } from '../components/JudgeFailed'
import { Measures } from '../components/Measures'
import { answerAnchor, checkAnchor, lineAnchor } from '../lines'
import type { Marker, Review } from '../review.gen'
import { GoalsReached, GradeHistory, HintsUsed, QuizAnswers } from './Details'
import { Head } from './Head'
import { Timeline } from './Timeline'
import { Transcript } from './Transcript'
import { isMissing } from './timeline'
import { useHearing } from './useHearing'

/** Whoever wants to hear an interruption wants to hear what was interrupted. */
const BEFORE_S = 2

interface ReviewPageProps {
  review: Review
  onReview: (review: Review) => void
}

/** All that is known of one call. Timeline, quotes and transcript lead to the same moments. */
export function ReviewPage({ review, onReview }: ReviewPageProps) {
  const hearing = useHearing(review)
  const [marker, setMarker] = useState<Marker | null>(null)
  const [evidence, setEvidence] = useState<string | null>(null)
  const { grade } = review
  const hear = (at: number) => {
    if (hearing.kept) hearing.play(at)
  }
  const toMarker = (chosen: Marker) => {
    setMarker(chosen)
    // What was never shown leads to its check, which says what to try instead; the quiz has its own place.
    if (isMissing(chosen) && chosen.ref !== null) return goTo(checkAnchor(chosen.ref))
    if (chosen.kind === 'quiz' && chosen.ref !== null) return goTo(answerAnchor(chosen.ref))
    hear(chosen.kind === 'interruption' ? chosen.at - BEFORE_S : chosen.at)
    showLine(chosen.item_id, hearing.kept)
  }
  return (
    <div data-testid="review" className="flex flex-col gap-8">
      <Head review={review} onReview={onReview} />
      {grade ? <JudgeFailed callId={review.call.id} grade={grade} onReview={onReview} /> : null}
      <Timeline review={review} hearing={hearing} active={marker} onMarker={toMarker} />
      <div className="grid items-start gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)] print:block">
        <div className="flex flex-col gap-8">
          <GoalsReached review={review} />
          {grade ? (
            <GradeReport
              grade={grade}
              active={evidence}
              onEvidence={(id, { at }) => {
                setEvidence(id)
                hear(at)
              }}
            />
          ) : null}
          {grade ? <Measures measures={grade.measures} /> : null}
          <QuizAnswers review={review} />
          <HintsUsed review={review} />
          <GradeHistory review={review} />
        </div>
        <Transcript review={review} hearing={hearing} active={evidence} />
      </div>
    </div>
  )
}

function goTo(anchor: string): void {
  const place = document.getElementById(anchor)
  place?.scrollIntoView({ block: 'center' })
  place?.focus({ preventScroll: true })
}

/** With sound, the eye stays at the timeline and the transcript beside it follows; without, the words are all there is. */
function showLine(itemId: string | null, heard: boolean): void {
  const line = itemId === null ? null : document.getElementById(lineAnchor(itemId))
  if (!line) return
  if (!heard) {
    goTo(line.id)
  } else if (matchMedia('(min-width: 64rem)').matches) {
    const box = line.closest('section')
    box?.scrollTo({ top: line.offsetTop - box.clientHeight / 3 })
  }
}
