import { CircleAlert } from 'lucide-react'
import type { Grade } from '../contract.gen'
import type { Review } from '../review.gen'
import { words } from '../words'
import { Button } from './Button'
import { useGradeAgain } from './useGradeAgain'

interface JudgeFailedProps {
  callId: string
  grade: Grade
  onReview: (review: Review) => void
}

/** A grade that came about without its judge is no secret, and can be had again. */
export function JudgeFailed({ callId, grade, onReview }: JudgeFailedProps) {
  const again = useGradeAgain(callId, onReview)
  if (!grade.judge || grade.judge.failed === 0) return null
  return (
    <section
      data-testid="judge-failed"
      data-voice="thinking"
      className="stage flex flex-wrap items-center gap-x-4 gap-y-2 rounded-3xl px-4 py-3 sm:px-5 print:hidden"
    >
      <CircleAlert size={22} aria-hidden="true" className="shrink-0" />
      <p className="min-w-48 flex-1">{words.result.judgeFailed(grade.judge.failed, grade.judge.asked)}</p>
      <Button disabled={again.running} onClick={again.run}>
        {again.running ? words.result.grading : words.result.gradeAgain}
      </Button>
    </section>
  )
}
