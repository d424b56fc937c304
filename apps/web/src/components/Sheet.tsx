import { X } from 'lucide-react'
import { type ReactNode, useEffect, useEffectEvent, useId, useLayoutEffect, useRef } from 'react'
import { words } from '../words'
import { Button } from './Button'

interface SheetProps {
  onClose: () => void
  title: string
  /** Where it stands and how large it is. */
  className: string
  children: ReactNode
}

/** A window over the call that leaves the call usable: not modal, closed with Escape when nothing stands over it. */
export function Sheet({ onClose, title, className, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  // The browser takes the focus in, and gives it back while the sheet is still in the page.
  useLayoutEffect(() => {
    const sheet = dialog.current
    sheet?.show()
    return () => sheet?.close()
  }, [])
  const close = useEffectEvent(onClose)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || !isTopmost(dialog.current)) return
      event.preventDefault() // or a sheet below, which is the topmost then, would close with it
      close()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      className={`fixed z-40 h-auto w-auto border-line bg-surface text-ink shadow-lift open:flex open:flex-col ${className}`}
    >
      <div className="flex items-center justify-between gap-2 px-5 pt-3">
        <h2 id={heading} className="text-lg font-semibold tracking-[-0.01em]">
          {title}
        </h2>
        <Button kind="quiet" size="icon" className="-mr-2.5" aria-label={words.close} onClick={onClose}>
          <X size={19} aria-hidden="true" />
        </Button>
      </div>
      {children}
    </dialog>
  )
}

/** `:is` forgives a browser that does not know what it is asked for. */
function isTopmost(sheet: HTMLDialogElement | null): boolean {
  if (document.querySelector(':is(.popup:popover-open, dialog:modal)')) return false
  return [...document.querySelectorAll('dialog[open]')].at(-1) === sheet
}
