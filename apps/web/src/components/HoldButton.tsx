import { Radio } from 'lucide-react'
import { words } from '../words'
import { Button } from './Button'

/** Talks while it is pressed: by pointer, or with Space or Enter when it has the focus. */
export function HoldButton({ talking, onTalk }: { talking: boolean; onTalk: (down: boolean) => void }) {
  return (
    <Button
      data-testid="hold-to-talk"
      data-tip={words.call.hold}
      data-tip-key="V"
      aria-label={words.call.hold}
      aria-pressed={talking}
      aria-keyshortcuts="V"
      className={`touch-none max-md:px-0! short:px-0! ${talking ? 'border-listening bg-mark! ring-2 ring-listening' : ''}`}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        onTalk(true)
      }}
      onLostPointerCapture={() => onTalk(false)}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (!event.repeat && (event.key === ' ' || event.key === 'Enter')) onTalk(true)
      }}
      onKeyUp={(event) => {
        if (event.key === ' ' || event.key === 'Enter') onTalk(false)
      }}
      onBlur={() => onTalk(false)}
    >
      <Radio size={19} aria-hidden="true" />
      <span className="max-md:hidden short:hidden">{talking ? words.call.talking : words.call.hold}</span>
    </Button>
  )
}
