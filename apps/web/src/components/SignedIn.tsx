import { LogOut } from 'lucide-react'
import { Refusal, signOut } from '../api'
import { words } from '../words'
import { Button } from './Button'
import { toast } from './toast'

interface SignedInProps {
  name: string
  /** Null where somebody else does the signing in. */
  onSignedOut: (() => void) | null
}

/** Who is signed in, and the way out. */
export function SignedIn({ name, onSignedOut }: SignedInProps) {
  const leave = () => {
    signOut().then(onSignedOut, (error: unknown) =>
      toast('error', words.signIn.stayed, {
        description: error instanceof Refusal ? error.message : undefined,
      }),
    )
  }
  return (
    <span className="flex min-w-0 items-center gap-1">
      <span className="max-w-40 truncate px-2 text-[0.9375rem] font-medium" data-testid="learner-name">
        {name}
      </span>
      {onSignedOut ? (
        <Button
          kind="quiet"
          size="icon"
          aria-label={words.signIn.leave}
          data-testid="sign-out"
          onClick={leave}
        >
          <LogOut size={18} aria-hidden="true" />
        </Button>
      ) : null}
    </span>
  )
}
