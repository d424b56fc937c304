import { type FormEvent, useState } from 'react'
import { Refusal, signIn } from '../api'
import { Button } from '../components/Button'
import { Frame } from '../components/Frame'
import { Heading } from '../components/Heading'
import { usePageTitle } from '../usePageTitle'
import { words } from '../words'

const longestName = 40

/** A learner comes in with the class's code and a name. */
export function SignInScreen({ onSignedIn }: { onSignedIn: () => void }) {
  const [code, setCode] = useState('')
  const [name, setName] = useState('')
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<string | null>(null)
  usePageTitle(words.signIn.title)
  const whole = code.trim() !== '' && name.trim() !== ''
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!whole || busy) return
    setBusy(true)
    setRefused(null)
    signIn(code.trim(), name.trim())
      .then(onSignedIn)
      .catch((error: unknown) => setRefused(error instanceof Refusal ? error.message : String(error)))
      .finally(() => setBusy(false))
  }
  return (
    <Frame>
      <Heading>{words.signIn.title}</Heading>
      <p className="mt-2 max-w-[52ch] text-lg text-soft text-pretty">{words.signIn.what}</p>
      <form
        onSubmit={submit}
        className="mt-8 flex max-w-lg flex-col gap-5 rounded-3xl border border-line bg-surface p-5 sm:p-7"
      >
        <Field
          id="class-code"
          label={words.signIn.code}
          value={code}
          onChange={setCode}
          autoComplete="off"
          invalid={refused !== null}
        />
        <Field
          id="name"
          label={words.signIn.name}
          hint={words.signIn.nameHint}
          value={name}
          onChange={setName}
          autoComplete="name"
          maxLength={longestName}
        />
        {refused === null ? null : (
          <p role="alert" data-testid="sign-in-refused" className="text-unmet">
            {refused}
          </p>
        )}
        <Button
          type="submit"
          kind="primary"
          size="large"
          className="self-start"
          data-testid="sign-in"
          disabled={!whole || busy}
        >
          {busy ? words.signIn.entering : words.signIn.enter}
        </Button>
      </form>
    </Frame>
  )
}

interface FieldProps {
  id: string
  label: string
  hint?: string
  value: string
  onChange: (value: string) => void
  autoComplete: string
  maxLength?: number
  invalid?: boolean
}

function Field({ id, label, hint, value, onChange, autoComplete, maxLength, invalid = false }: FieldProps) {
  return (
    <div>
      <label className="block font-medium" htmlFor={id}>
        {label}
      </label>
      {hint ? (
        <p id={`${id}-hint`} className="mt-0.5 text-sm text-soft text-pretty">
          {hint}
        </p>
      ) : null}
      <input
        id={id}
        data-testid={id}
        value={value}
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={maxLength}
        aria-invalid={invalid}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.value)}
        className="mt-2 min-h-11 w-full rounded-xl border border-edge bg-surface px-3.5 aria-invalid:border-unmet"
      />
    </div>
  )
}
