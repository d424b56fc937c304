import { Pencil } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { isLearnerName, rememberLearner } from '../learner'
import { words } from '../words'
import { Button } from './Button'

/** Who practises: a quiet line that opens into a field. */
export function LearnerName({ name, onName }: { name: string; onName: (name: string) => void }) {
  const [draft, setDraft] = useState<string | null>(null)
  if (draft === null) {
    return (
      <Button kind="quiet" size="snug" className="min-w-0 shrink!" onClick={() => setDraft(name)}>
        <span className="font-normal text-soft max-sm:sr-only">{words.menu.learner}</span>
        <span className="max-w-40 truncate font-medium" data-testid="learner-name">
          {name}
        </span>
        <Pencil size={15} aria-label={words.menu.change} className="text-soft" />
      </Button>
    )
  }
  const valid = isLearnerName(draft)
  const save = (event: FormEvent) => {
    event.preventDefault()
    if (!valid) return
    rememberLearner(draft)
    onName(draft)
    setDraft(null)
  }
  return (
    <form onSubmit={save} className="relative flex min-w-0 gap-1.5">
      <input
        ref={(field) => field?.focus()}
        aria-label={words.menu.learner}
        aria-invalid={!valid}
        aria-describedby="learner-hint"
        value={draft}
        maxLength={64}
        autoComplete="username"
        spellCheck={false}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setDraft(null)
        }}
        className="min-h-11 w-44 min-w-0 rounded-full border border-edge bg-surface px-4 aria-invalid:border-unmet"
      />
      <Button type="submit" disabled={!valid}>
        {words.menu.save}
      </Button>
      <p
        id="learner-hint"
        className={`absolute top-full left-4 mt-1 text-xs whitespace-nowrap ${valid ? 'sr-only' : 'text-unmet'}`}
      >
        {words.menu.learnerHint}
      </p>
    </form>
  )
}
