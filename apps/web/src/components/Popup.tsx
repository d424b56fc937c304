import { type ComponentProps, cloneElement, type ReactElement, type ReactNode, useId, useState } from 'react'

interface PopupProps {
  /** The button that opens it; it stands beside that. */
  button: ReactElement<ComponentProps<'button'>>
  label: string
  className: string
  children: ReactNode
}

/** A box that a button opens. The browser closes it, with Escape or a press elsewhere, and gives the focus back. */
export function Popup({ button, label, className, children }: PopupProps) {
  const id = useId()
  const [open, setOpen] = useState(false)
  const anchor = `--popup${id}`
  return (
    <>
      {cloneElement(button, {
        popoverTarget: id,
        'aria-haspopup': 'dialog',
        style: { anchorName: anchor },
      })}
      <div
        id={id}
        popover="auto"
        role="dialog"
        aria-label={label}
        tabIndex={-1}
        style={{ positionAnchor: anchor }}
        className={`popup rounded-2xl border border-line bg-surface text-ink shadow-lift ${className}`}
        onBeforeToggle={({ newState }) => newState === 'open' && setOpen(true)}
        onToggle={({ newState, currentTarget }) => {
          setOpen(newState === 'open')
          if (newState === 'open') currentTarget.focus({ preventScroll: true })
        }}
      >
        {open ? children : null}
      </div>
    </>
  )
}

/** Closes the popup that `inside` stands in. */
export function closePopup(inside: Element): void {
  inside.closest<HTMLElement>('[popover]')?.hidePopover()
}
