import { type FormEvent, useState } from 'react'
import { ClassResults } from '../classroom/ClassResults'
import { forgetKey, operatorKey, rememberKey } from '../classroom/key'
import { Button } from '../components/Button'
import { Heading } from '../components/Heading'
import { TopBar } from '../components/TopBar'
import { usePageTitle } from '../usePageTitle'
import { words } from '../words'

/** For the one who runs the server: who tried what, and what the class finds hard. */
export function ClassScreen() {
  const [key, setKey] = useState(operatorKey)
  usePageTitle(words.classroom.title)
  const leave = () => {
    forgetKey()
    setKey(null)
  }
  return (
    <div className="min-h-dvh pb-16">
      <TopBar>
        {key === null ? null : (
          <Button kind="quiet" size="snug" onClick={leave}>
            {words.classroom.leave}
          </Button>
        )}
      </TopBar>
      <main className="mx-auto flex max-w-6xl flex-col gap-8 px-4 pt-6 sm:px-8 lg:pt-10">
        <div>
          <Heading>{words.classroom.title}</Heading>
          <p className="mt-2 max-w-[60ch] text-soft text-pretty">{words.classroom.what}</p>
        </div>
        {key === null ? (
          <KeyForm
            onKey={(given) => {
              rememberKey(given)
              setKey(given)
            }}
          />
        ) : (
          <ClassResults operatorKey={key} onOtherKey={leave} />
        )}
      </main>
    </div>
  )
}

function KeyForm({ onKey }: { onKey: (key: string) => void }) {
  const [draft, setDraft] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (draft.trim() !== '') onKey(draft.trim())
  }
  return (
    <form onSubmit={submit} className="max-w-lg rounded-3xl border border-line bg-surface p-5 sm:p-6">
      <label className="block font-medium" htmlFor="operator-key">
        {words.classroom.key}
      </label>
      <p id="operator-key-hint" className="mt-1 text-sm text-soft">
        {words.classroom.keyHint}
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
          {words.classroom.open}
        </Button>
      </div>
    </form>
  )
}
