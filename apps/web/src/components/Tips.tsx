import { useEffect, useLayoutEffect, useRef, useState } from 'react'

const AFTER_MS = 500

/**
 * The hint beside a control with a `data-tip`, one at a time: where the pointer rests, or the keyboard has come to. The
 * control carries its own name; this only repeats it, with the key in its `data-tip-key`.
 */
export function Tips() {
  const box = useRef<HTMLDivElement>(null)
  const [control, setControl] = useState<HTMLElement | null>(null)
  useEffect(() => watch(setControl, (target) => box.current?.contains(target) ?? false), [])
  useLayoutEffect(() => {
    if (!control) return
    const tip = box.current
    // A button that opens a box is the anchor of that box, too.
    const before = control.style.getPropertyValue('anchor-name')
    control.style.setProperty('anchor-name', before ? `${before}, --tip` : '--tip')
    tip?.showPopover?.()
    return () => {
      tip?.hidePopover?.()
      control.style.setProperty('anchor-name', before)
    }
  }, [control])
  const { tip, tipKey } = control?.dataset ?? {}
  return (
    <div ref={box} popover="manual" aria-hidden="true" className="tip">
      <p className="flex items-center gap-2 rounded-lg bg-ink px-3 py-1.5 text-sm text-paper">
        {tip}
        {tipKey ? <Key>{tipKey}</Key> : null}
      </p>
    </div>
  )
}

export function Key({ children }: { children: string }) {
  return (
    <kbd className="inline-grid min-w-6 place-items-center rounded-md border border-current px-1.5 font-sans text-xs leading-5">
      {children}
    </kbd>
  )
}

function watch(show: (control: HTMLElement | null) => void, inTip: (target: Node) => boolean): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let current: HTMLElement | null = null
  let focused = false
  const turnTo = (control: HTMLElement | null, after: number) => {
    if (control === current) return
    clearTimeout(timer)
    current = control
    focused = control !== null && after === 0
    show(null)
    if (control) timer = setTimeout(() => show(control), after)
  }
  const hide = () => {
    clearTimeout(timer)
    show(null)
  }
  const stop = new AbortController()
  const listen = <Name extends keyof DocumentEventMap>(
    name: Name,
    listener: (event: DocumentEventMap[Name]) => void,
  ) => document.addEventListener(name, listener, { signal: stop.signal })
  listen('pointerover', ({ target, pointerType }) => {
    // The pointer may rest on the hint itself; and what the keyboard has brought, it does not take away.
    if (pointerType === 'touch' || !(target instanceof Element) || inTip(target)) return
    const control = target.closest<HTMLElement>('[data-tip]')
    if (control || !focused) turnTo(control, AFTER_MS)
  })
  listen('focusin', ({ target }) => {
    if (target instanceof Element && target.matches(':focus-visible'))
      turnTo(target.closest<HTMLElement>('[data-tip]'), 0)
  })
  listen('focusout', () => turnTo(null, 0))
  listen('pointerdown', hide)
  listen('keydown', ({ key }) => key === 'Escape' && hide())
  return () => {
    hide()
    stop.abort()
  }
}
