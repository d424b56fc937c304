import { Tooltip } from 'radix-ui'
import type { ReactNode } from 'react'

/** A hint beside a control, with its key if it has one. The control carries its own name; this only repeats it. */
export function Tip({ text, keys, children }: { text: string; keys?: string; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex items-center gap-2 rounded-lg bg-ink px-3 py-1.5 text-sm text-paper"
        >
          {text}
          {keys ? <Key>{keys}</Key> : null}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}

export function Key({ children }: { children: string }) {
  return (
    <kbd className="inline-grid min-w-6 place-items-center rounded-md border border-current px-1.5 font-sans text-xs leading-5">
      {children}
    </kbd>
  )
}
