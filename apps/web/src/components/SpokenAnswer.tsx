import { Mic, Square } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { answerAloud, Refusal } from '../api'
import { Dictation, LONGEST_ANSWER_S } from '../audio/dictation'
import { toWav } from '../audio/wav'
import { microphoneFailure } from '../call/failures'
import type { Mark } from '../review.gen'
import { words } from '../words'
import { Button } from './Button'

interface SpokenAnswerProps {
  callId: string
  itemId: string
  disabled: boolean
  onMarked: (mark: Mark) => void
}

type Stage =
  | { name: 'ready' }
  | { name: 'recording'; seconds: number }
  | { name: 'sending' }
  /** `wav` is there when it was the sending that failed. */
  | { name: 'failed'; message: string; wav: Blob | null }

/** Records one short answer and sends it; whatever goes wrong is said, and the field for typing is still there. */
export function SpokenAnswer({ callId, itemId, disabled, onMarked }: SpokenAnswerProps) {
  const [stage, setStage] = useState<Stage>({ name: 'ready' })
  const dictation = useRef<Dictation | null>(null)
  useEffect(() => () => void dictation.current?.stop(), [])

  const send = (wav: Blob) => {
    setStage({ name: 'sending' })
    answerAloud(callId, itemId, wav).then(onMarked, (error: unknown) => {
      const message = error instanceof Refusal ? error.message : String(error)
      setStage({ name: 'failed', message, wav })
    })
  }
  const stop = () => {
    const samples = dictation.current?.stop() ?? new Int16Array(0)
    dictation.current = null
    if (samples.length > 0) send(toWav(samples))
    else setStage({ name: 'failed', message: words.quiz.nothing, wav: null })
  }
  const record = () => {
    const started = new Dictation({
      heard: (seconds) => setStage({ name: 'recording', seconds: Math.floor(seconds) }),
      full: stop,
    })
    dictation.current = started
    setStage({ name: 'recording', seconds: 0 })
    started.start().catch((error: unknown) => {
      started.stop()
      dictation.current = null
      setStage({ name: 'failed', message: microphoneFailure(error, false).message, wav: null })
    })
  }

  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-2" data-testid={`spoken-${itemId}`}>
      {stage.name === 'recording' ? (
        <Button
          data-testid={`quiz-stop-${itemId}`}
          className="border-listening ring-2 ring-listening"
          onClick={stop}
        >
          <Square size={16} aria-hidden="true" />
          {words.quiz.stop}
        </Button>
      ) : (
        <Button
          data-testid={`quiz-record-${itemId}`}
          disabled={disabled || stage.name === 'sending'}
          onClick={record}
        >
          <Mic size={17} aria-hidden="true" />
          {words.quiz.record}
        </Button>
      )}
      {stage.name === 'failed' && stage.wav ? (
        <Button kind="quiet" onClick={() => stage.wav && send(stage.wav)}>
          {words.quiz.resend}
        </Button>
      ) : null}
      <p role="status" className={`text-sm ${stage.name === 'failed' ? 'text-unmet' : 'text-soft'}`}>
        {said(stage)}
      </p>
    </div>
  )
}

function said(stage: Stage): string {
  if (stage.name === 'ready') return words.quiz.recordHint(LONGEST_ANSWER_S)
  if (stage.name === 'recording') return words.quiz.recording(stage.seconds)
  return stage.name === 'sending' ? words.quiz.sending : stage.message
}
