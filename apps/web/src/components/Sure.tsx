import { type ComponentProps, cloneElement, type ReactElement, useId, useRef } from 'react'
import { Button } from './Button'

interface SureProps {
  /** The button that asks for it. */
  children: ReactElement<ComponentProps<'button'>>
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
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  const answer = (yes: boolean) => {
    dialog.current?.close()
    if (yes) onConfirm()
  }
  return (
    <>
      {cloneElement(children, { 'aria-haspopup': 'dialog', onClick: () => dialog.current?.showModal() })}
      <dialog
        ref={dialog}
        role="alertdialog"
        aria-labelledby={`${id}title`}
        aria-describedby={`${id}text`}
        className="m-auto w-[min(28rem,calc(100vw-24px))] rounded-3xl border border-line bg-surface p-6 text-left text-ink shadow-lift backdrop:bg-black/45"
      >
        <h2 id={`${id}title`} className="text-xl font-semibold tracking-[-0.015em]">
          {title}
        </h2>
        <p id={`${id}text`} className="mt-2 text-soft text-pretty">
          {text}
        </p>
        <div className="mt-5 flex flex-wrap justify-end gap-2">
          <Button onClick={() => answer(false)}>{keep}</Button>
          <Button kind="danger" data-testid={testId} disabled={running} onClick={() => answer(true)}>
            {confirm}
          </Button>
        </div>
      </dialog>
    </>
  )
}
