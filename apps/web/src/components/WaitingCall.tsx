import { Keyboard, Phone, RotateCcw } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { KeptCall } from '../call/kept'
import { dateTime } from '../dates'
import { words } from '../words'
import { Button } from './Button'

/** On a phone, what a call is begun with stands at the lower edge of the screen. */
export const barBelow =
  'z-10 mt-8 max-lg:fixed max-lg:inset-x-0 max-lg:bottom-0 max-lg:border-t max-lg:border-line max-lg:bg-surface ' +
  'max-lg:p-4 max-lg:pb-[max(1rem,env(safe-area-inset-bottom))]'

interface WaitingCallProps {
  call: KeptCall
  onContinue: (microphone: boolean) => void
  onAgain: () => void
}

/** A call that broke off can be gone on with. */
export function WaitingCall({ call, onContinue, onAgain }: WaitingCallProps) {
  const first = useRef<HTMLButtonElement>(null)
  const [seconds] = useState(() => (Date.now() - call.at) / 1000)
  useEffect(() => first.current?.focus({ preventScroll: true }), [])
  return (
    <section aria-labelledby="waiting" data-testid="waiting-call" className={barBelow}>
      <h2 id="waiting" className="text-lg font-semibold tracking-[-0.015em]">
        {words.kept.title}
      </h2>
      <p className="mt-1 text-sm text-soft text-pretty">
        {words.kept.text(seconds, dateTime(new Date(call.until).toISOString()))}{' '}
        <span className="max-sm:hidden">{words.kept.againText}</span>
      </p>
      <div className="mt-4 flex flex-wrap gap-2">
        <Button
          ref={first}
          kind="primary"
          size="large"
          className="flex-1 lg:flex-none"
          data-testid="continue-call"
          onClick={() => onContinue(call.microphone)}
        >
          <Continue spoken={call.microphone} />
        </Button>
        <Button size="large" data-testid="start-anew" onClick={onAgain}>
          <RotateCcw size={19} aria-hidden="true" />
          {words.kept.again}
        </Button>
      </div>
    </section>
  )
}

function Continue({ spoken }: { spoken: boolean }) {
  const Icon = spoken ? Phone : Keyboard
  return (
    <>
      <Icon size={20} aria-hidden="true" />
      {words.kept.continue}
    </>
  )
}
