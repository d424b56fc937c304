import { type FormEvent, useState } from 'react'
import { Button } from '../components/Button'
import { afterwards } from '../words-afterwards'

/** Asks for the operator's key. */
export function KeyForm({ onKey }: { onKey: (key: string) => void }) {
  const [draft, setDraft] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (draft.trim() !== '') onKey(draft.trim())
  }
  return (
    <form onSubmit={submit} className="max-w-lg rounded-3xl border border-line bg-surface p-5 sm:p-6">
      <label className="block font-medium" htmlFor="operator-key">
        {afterwards.classroom.key}
      </label>
      <p id="operator-key-hint" className="mt-1 text-sm text-soft">
        {afterwards.classroom.keyHint}
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        <input
          id="operator-key"
          data-testid="operator-key"
          type="password"
          autoComplete="off"
          aria-describedby="operator-key-hint"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          className="min-h-11 min-w-48 flex-1 rounded-xl border border-edge bg-surface px-3.5"
        />
        <Button type="submit" kind="primary" data-testid="open-class" disabled={draft.trim() === ''}>
          {afterwards.classroom.open}
        </Button>
      </div>
    </form>
  )
}
