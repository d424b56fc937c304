import { ChevronDown, Download, Printer, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { deleteCall, type ExportFormat, exportPath, Refusal } from '../api'
import { Button } from '../components/Button'
import { Popup } from '../components/Popup'
import { Sure } from '../components/Sure'
import { toast } from '../components/toast'
import { useGradeAgain } from '../components/useGradeAgain'
import { forgetCall } from '../remembered'
import type { Review } from '../review.gen'
import { words } from '../words'
import { afterwards } from '../words-afterwards'

interface ActionsProps {
  review: Review
  onReview: (review: Review) => void
}

export function Actions({ review, onReview }: ActionsProps) {
  const { id } = review.call
  const again = useGradeAgain(id, (graded) => {
    onReview(graded)
    toast('success', afterwards.review.graded(graded.grades.at(-1)?.revision ?? 1))
  })
  return (
    <>
      {review.grade ? (
        <Button data-testid="grade-again" disabled={again.running} onClick={again.run}>
          <RefreshCw
            size={17}
            aria-hidden="true"
            className={again.running ? 'animate-spin motion-reduce:animate-none' : ''}
          />
          {again.running ? words.result.grading : words.result.gradeAgain}
        </Button>
      ) : null}
      <Exports id={id} />
      <Button kind="quiet" className="max-sm:hidden" onClick={() => window.print()}>
        <Printer size={17} aria-hidden="true" />
        {words.result.print}
      </Button>
      <Delete id={id} />
    </>
  )
}

const formats: ExportFormat[] = ['json', 'csv', 'xapi']

function Exports({ id }: { id: string }) {
  return (
    <Popup
      label={afterwards.review.export}
      className="w-[min(22rem,calc(100vw-24px))] p-2"
      button={
        <Button data-testid="exports">
          <Download size={17} aria-hidden="true" />
          {afterwards.review.export}
          <ChevronDown size={16} aria-hidden="true" />
        </Button>
      }
    >
      <ul>
        {formats.map((format) => (
          <li key={format}>
            <a
              href={exportPath(id, format)}
              download
              data-testid={`export-${format}`}
              className="block rounded-xl px-3.5 py-2 hover:bg-sunken"
            >
              <span className="font-medium">{afterwards.review.exports[format].name}</span>
              <span className="block text-sm text-soft">{afterwards.review.exports[format].what}</span>
            </a>
          </li>
        ))}
      </ul>
    </Popup>
  )
}

function Delete({ id }: { id: string }) {
  const [, navigate] = useLocation()
  const [running, setRunning] = useState(false)
  const run = () => {
    setRunning(true)
    deleteCall(id)
      .catch((error: unknown) => {
        // One that is gone already is what was wanted.
        if (!(error instanceof Refusal && error.status === 404)) throw error
      })
      .then(
        () => {
          forgetCall(id)
          toast('success', afterwards.review.deleted)
          navigate('/history')
        },
        (error: unknown) => {
          setRunning(false)
          toast('error', error instanceof Refusal ? error.message : String(error))
        },
      )
  }
  return (
    <Sure
      title={afterwards.review.reallyDelete}
      text={afterwards.review.deleteText}
      keep={afterwards.review.keep}
      confirm={afterwards.review.delete}
      testId="confirm-delete"
      running={running}
      onConfirm={run}
    >
      <Button kind="quiet" data-testid="delete-call">
        <Trash2 size={17} aria-hidden="true" />
        {afterwards.review.delete}
      </Button>
    </Sure>
  )
}
