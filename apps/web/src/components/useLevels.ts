import { useEffect, useRef } from 'react'
import type { Call } from '../call/types'

/** Fifteen times a second, which looks alive; every step costs the main thread a frame, though no layout. */
const STEP_MS = 67
/** What is left of a level after a step of silence: it falls softly. */
const FALL = 0.6

/** Writes the levels past React, to the elements with a `data-level` (input, output or none) in the one that it answers with. */
export function useLevels(call: Call) {
  const element = useRef<HTMLElement>(null)
  useEffect(() => {
    let shown = { input: 0, output: 0 }
    const step = () => {
      const { input, output } = call.levels()
      shown = { input: Math.max(input, shown.input * FALL), output: Math.max(output, shown.output * FALL) }
      for (const each of element.current?.querySelectorAll<HTMLElement>('[data-level]') ?? []) {
        const level = { input: shown.input, output: shown.output, none: 0 }[each.dataset.level ?? 'none'] ?? 0
        const text = level.toFixed(2)
        if (each.style.getPropertyValue('--level') !== text) each.style.setProperty('--level', text)
      }
    }
    const timer = setInterval(step, STEP_MS)
    return () => clearInterval(timer)
  }, [call])
  return element
}
