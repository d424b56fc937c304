import { Check, X } from 'lucide-react'
import { type FormEvent, useId, useState } from 'react'
import type { QuizItem, QuizMarked } from '../contract.gen'
import type { Mark } from '../review.gen'
import { words } from '../words'
import { Button } from './Button'
import { SpokenAnswer } from './SpokenAnswer'

/** A marked answer, whether it came over the line or over HTTP. */
export type Answered = Pick<QuizMarked, 'item_id' | 'given' | 'correct' | 'answer' | 'explain'>

interface QuizProps {
  items: QuizItem[]
  marks: Record<string, Answered>
  /** False when the server can no longer be asked. */
  connected: boolean
  /** Where spoken answers go; null while the microphone belongs to the call, or when nothing of it is kept. */
  callId: string | null
  onAnswer: (itemId: string, answer: string) => void
}

export function Quiz({ items, marks, connected, callId, onAnswer }: QuizProps) {
  const heading = useId()
  const [spoken, setSpoken] = useState<Record<string, Mark>>({})
  return (
    <section aria-labelledby={heading} className="print:break-inside-avoid">
      <h2 id={heading} className="text-xl font-semibold tracking-[-0.015em]">
        {words.quiz.title}
      </h2>
      <ol className="mt-3 flex flex-col gap-3">
        {items.map((item) => (
          <li key={item.id}>
            <Question
              item={item}
              mark={marks[item.id] ?? spoken[item.id]}
              connected={connected}
              callId={callId}
              onAnswer={onAnswer}
              onSpoken={(mark) => setSpoken((known) => ({ ...known, [item.id]: mark }))}
            />
          </li>
        ))}
      </ol>
    </section>
  )
}

interface QuestionProps {
  item: QuizItem
  mark: Answered | undefined
  connected: boolean
  callId: string | null
  onAnswer: (itemId: string, answer: string) => void
  onSpoken: (mark: Mark) => void
}

function Question({ item, mark, connected, callId, onAnswer, onSpoken }: QuestionProps) {
  const [answer, setAnswer] = useState('')
  const [sent, setSent] = useState(false)
  // What was on its way when the line broke may not have arrived. Asking again is safe: the first answer counts.
  if (sent && !connected) setSent(false)
  const checking = sent && !mark
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (answer.trim() === '') return
    setSent(true)
    onAnswer(item.id, answer.trim())
  }
  return (
    <form
      data-testid={`quiz-item-${item.id}`}
      onSubmit={submit}
      className="rounded-2xl border border-line bg-surface p-4 sm:p-5"
    >
      <fieldset disabled={checking || mark !== undefined}>
        <legend className="mb-3 font-medium text-pretty">{item.prompt}</legend>
        {item.kind === 'spoken' && callId && !mark ? (
          <SpokenAnswer callId={callId} itemId={item.id} disabled={checking} onMarked={onSpoken} />
        ) : null}
        {item.kind === 'choice' ? (
          <Options item={item} chosen={mark?.given ?? answer} mark={mark} onChoose={setAnswer} />
        ) : (
          <input
            aria-label={words.quiz.answer}
            placeholder={words.quiz.answer}
            value={mark?.given ?? answer}
            maxLength={500}
            onChange={(event) => setAnswer(event.target.value)}
            className="min-h-11 w-full rounded-xl border border-edge bg-surface px-3.5 placeholder:text-soft disabled:border-line"
          />
        )}
      </fieldset>
      {mark ? null : (
        <div className="mt-3 flex flex-wrap items-center gap-3">
          <Button
            type="submit"
            data-testid={`quiz-check-${item.id}`}
            disabled={checking || !connected || answer.trim() === ''}
          >
            {checking ? words.quiz.checking : words.quiz.check}
          </Button>
          {connected ? null : <p className="text-sm text-soft">{words.quiz.offline}</p>}
        </div>
      )}
      <div role="status">{mark ? <Marked mark={mark} /> : null}</div>
    </form>
  )
}

interface OptionsProps {
  item: QuizItem
  chosen: string
  mark: Answered | undefined
  onChoose: (option: string) => void
}

function Options({ item, chosen, mark, onChoose }: OptionsProps) {
  const group = useId()
  return (
    <div className="-mx-2 flex flex-col">
      {item.options.map((option) => (
        <label
          key={option}
          className={`flex min-h-11 items-center gap-3 rounded-xl px-2 py-1.5 ${mark ? '' : 'cursor-pointer hover:bg-sunken'}`}
        >
          <input
            type="radio"
            name={group}
            className="size-5 shrink-0 accent-ink"
            value={option}
            checked={chosen === option}
            onChange={() => onChoose(option)}
          />
          <span className={mark && mark.answer === option ? 'font-semibold' : ''}>{option}</span>
        </label>
      ))}
    </div>
  )
}

export function Marked({ mark }: { mark: Answered }) {
  const Icon = mark.correct ? Check : X
  return (
    <div
      data-testid={`quiz-result-${mark.item_id}`}
      data-correct={mark.correct}
      className="mt-3 flex gap-2.5"
    >
      <Icon
        size={20}
        strokeWidth={2.5}
        aria-hidden="true"
        className={`mt-0.5 shrink-0 ${mark.correct ? 'text-met' : 'text-unmet'}`}
      />
      <div>
        <p className="font-medium">
          {mark.correct ? words.quiz.right : `${words.quiz.wrong} ${words.quiz.rightAnswer} ${mark.answer}`}
        </p>
        <p className="mt-0.5 text-soft text-pretty">{mark.explain}</p>
      </div>
    </div>
  )
}
