import { ShieldCheck } from 'lucide-react'
import { useId } from 'react'
import type { PublicScenario } from '../contract.gen'
import { words } from '../words'

interface PrivacyProps {
  privacy: PublicScenario['privacy']
  /** Whether the learner agrees that the sound is kept. */
  agreed: boolean
  onAgree: (agreed: boolean) => void
}

/** What is kept of the call and for how long; the sound only when the learner says so. */
export function Privacy({ privacy, agreed, onAgree }: PrivacyProps) {
  const hint = useId()
  if (privacy.record !== 'audio') {
    return (
      <p data-testid="privacy" className="flex gap-2.5 text-sm text-soft">
        <ShieldCheck size={18} aria-hidden="true" className="shrink-0" />
        {privacy.record === 'none' ? words.privacy.none : words.privacy.transcript(privacy.retain_days)}
      </p>
    )
  }
  return (
    <label data-testid="privacy" className="flex min-h-11 cursor-pointer items-start gap-2.5 text-sm">
      <input
        type="checkbox"
        data-testid="consent"
        className="mt-0.5 size-[18px] shrink-0 accent-ink"
        aria-describedby={hint}
        checked={agreed}
        onChange={(event) => onAgree(event.target.checked)}
      />
      <span>
        <span className="font-medium">{words.privacy.agree}</span>
        <span id={hint} className="block text-soft">
          {words.privacy.audio(privacy.retain_days)}
        </span>
      </span>
    </label>
  )
}
