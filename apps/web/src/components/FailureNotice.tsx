import { CircleAlert } from 'lucide-react'
import { type ComponentProps, type ReactElement, type ReactNode, useEffect, useRef } from 'react'
import type { Failure, FailureAction } from '../call/types'
import { actionWords } from '../words'
import { Button } from './Button'
import { takesKeys } from './useShortcuts'

interface FailureNoticeProps {
  failure: Failure
  onAct: (action: FailureAction) => void
  /** Wraps the button of `choose-microphone` into the menu that chooses one. */
  chooser?: (button: ReactElement<ComponentProps<'button'>>) => ReactNode
}

/** What went wrong and what to do about it: a panel when the call cannot go on, else a banner. */
export function FailureNotice({ failure, onAct, chooser }: FailureNoticeProps) {
  const Title = failure.fatal ? 'h1' : 'h2'
  const box = useRef<HTMLElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new failure is a new alert
  useEffect(() => {
    // The rest of a word that is being written would be shortcuts; a banner is announced without the focus.
    if (failure.fatal || !takesKeys(document.activeElement)) box.current?.focus()
  }, [failure.code])
  return (
    <section
      ref={box}
      role="alert"
      tabIndex={-1}
      data-testid="failure"
      data-code={failure.code}
      data-voice="error"
      className={`stage flex rounded-3xl ${
        failure.fatal
          ? 'flex-col items-center justify-center p-8 text-center sm:p-12'
          : 'flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-5'
      }`}
    >
      <CircleAlert
        size={failure.fatal ? 40 : 22}
        strokeWidth={failure.fatal ? 1.5 : 2}
        aria-hidden="true"
        className="shrink-0 text-failed"
      />
      <div className={failure.fatal ? 'mt-4 max-w-md' : 'min-w-48 flex-1'}>
        <Title className={failure.fatal ? 'text-2xl font-semibold tracking-[-0.02em]' : 'font-semibold'}>
          {failure.title}
        </Title>
        <p className={failure.fatal ? 'mt-2 text-soft text-pretty' : 'text-sm text-soft'}>
          {failure.message}
        </p>
      </div>
      <div className={`flex flex-wrap gap-2 ${failure.fatal ? 'mt-6 justify-center' : ''}`}>
        {failure.actions.map((action, index) => {
          const chooses = action === 'choose-microphone' && chooser
          const button = (
            <Button
              kind={failure.fatal && index === 0 ? 'primary' : 'secondary'}
              data-testid={`failure-${action}`}
              onClick={chooses ? undefined : () => onAct(action)}
            >
              {actionWords[action]}
            </Button>
          )
          return <div key={action}>{chooses ? chooser(button) : button}</div>
        })}
      </div>
    </section>
  )
}
