import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { words } from '../words'
import { Button } from './Button'

interface SheetProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  /** Where it stands and how large it is. */
  className: string
  children: ReactNode
}

/** A window over the call that leaves the call usable: not modal, closed with Escape. */
export function Sheet({ open, onOpenChange, title, className, children }: SheetProps) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange} modal={false}>
      <Dialog.Portal>
        <Dialog.Content
          aria-describedby={undefined}
          onInteractOutside={(event) => event.preventDefault()}
          className={`fixed z-40 flex flex-col border-line bg-surface shadow-lift ${className}`}
        >
          <div className="flex items-center justify-between gap-2 px-5 pt-3">
            <Dialog.Title className="text-lg font-semibold tracking-[-0.01em]">{title}</Dialog.Title>
            <Dialog.Close asChild>
              <Button kind="quiet" size="icon" className="-mr-2.5" aria-label={words.close}>
                <X size={19} aria-hidden="true" />
              </Button>
            </Dialog.Close>
          </div>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
