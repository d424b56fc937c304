import { AlertDialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { Button } from './Button'

interface SureProps {
  /** The button that asks for it. */
  children: ReactNode
  title: string
  text: string
  keep: string
  confirm: string
  testId: string
  running?: boolean
  onConfirm: () => void
}

/** Asks once more before something that cannot be undone. */
export function Sure({
  children,
  title,
  text,
  keep,
  confirm,
  testId,
  running = false,
  onConfirm,
}: SureProps) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger asChild>{children}</AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <AlertDialog.Content className="fixed inset-x-3 top-1/2 z-50 mx-auto max-w-md -translate-y-1/2 rounded-3xl border border-line bg-surface p-6 shadow-lift">
          <AlertDialog.Title className="text-xl font-semibold tracking-[-0.015em]">{title}</AlertDialog.Title>
          <AlertDialog.Description className="mt-2 text-soft text-pretty">{text}</AlertDialog.Description>
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>{keep}</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <Button kind="danger" data-testid={testId} disabled={running} onClick={onConfirm}>
                {confirm}
              </Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
