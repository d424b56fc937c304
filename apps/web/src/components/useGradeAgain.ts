import { useState } from 'react'
import { gradeAgain, Refusal } from '../api'
import type { Review } from '../review.gen'
import { toast } from './toast'

/** Has a call graded anew; what goes wrong is said in passing, and the old grade stands. */
export function useGradeAgain(callId: string, onGraded: (review: Review) => void) {
  const [running, setRunning] = useState(false)
  const run = () => {
    setRunning(true)
    gradeAgain(callId)
      .then(onGraded, (error: unknown) =>
        toast('error', error instanceof Refusal ? error.message : String(error)),
      )
      .finally(() => setRunning(false))
  }
  return { running, run }
}
