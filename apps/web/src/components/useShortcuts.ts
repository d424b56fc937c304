import { useEffect, useEffectEvent } from 'react'

interface ShortcutActions {
  mute(): void
  captions(): void
  write(): void
  /** Absent where the lesson gives no hints. */
  hint?: (() => void) | undefined
  list(): void
  talk(down: boolean): void
}

const fields = 'input:not([type=radio],[type=checkbox]), textarea, select, [contenteditable]'

/** Whether keys pressed at `target` are meant for it. */
export function takesKeys(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(fields) !== null
}

/** Single-key shortcuts, silent in text fields and with modifier keys. They can be switched off (WCAG 2.1.4). */
export function useShortcuts(on: boolean, actions: ShortcutActions): void {
  const down = useEffectEvent((event: KeyboardEvent) => {
    if (!on || takesKeys(event.target) || event.repeat || event.ctrlKey || event.metaKey || event.altKey)
      return
    const action = {
      m: actions.mute,
      c: actions.captions,
      t: actions.write,
      h: actions.hint,
      '?': actions.list,
      v: () => actions.talk(true),
    }[event.key.toLowerCase()]
    if (!action) return
    event.preventDefault()
    action()
  })
  // Wherever the focus went meanwhile, and when the window loses it: nobody talks with the key up.
  const up = useEffectEvent((event: KeyboardEvent) => {
    if (event.key.toLowerCase() === 'v') actions.talk(false)
  })
  const away = useEffectEvent(() => actions.talk(false))

  useEffect(() => {
    const onDown = (event: KeyboardEvent) => down(event)
    const onUp = (event: KeyboardEvent) => up(event)
    const onBlur = () => away()
    window.addEventListener('keydown', onDown)
    window.addEventListener('keyup', onUp)
    window.addEventListener('blur', onBlur)
    return () => {
      window.removeEventListener('keydown', onDown)
      window.removeEventListener('keyup', onUp)
      window.removeEventListener('blur', onBlur)
    }
  }, [])
}
