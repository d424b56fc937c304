import { type ReactNode, useEffect, useState } from 'react'
import { words } from '../words'
import { Button } from './Button'

/** A call younger than this was perhaps not meant to end: End asks once more. */
const youngMs = 10_000
const questionMs = 4_000

interface EndButtonProps {
  startedAt: number | null
  icon: ReactNode
  onEnd: () => void
}

export function EndButton({ startedAt, icon, onEnd }: EndButtonProps) {
  const [asking, setAsking] = useState(false)
  useEffect(() => {
    if (!asking) return
    const timer = setTimeout(() => setAsking(false), questionMs)
    return () => clearTimeout(timer)
  }, [asking])
  const press = () => {
    const young = startedAt !== null && performance.now() - startedAt < youngMs
    if (young && !asking) setAsking(true)
    else onEnd()
  }
  return (
    <Button kind="danger" data-testid="end-call" className="max-sm:px-4!" onClick={press}>
      {icon}
      <span aria-live="polite">{asking ? words.call.reallyEnd : words.call.end}</span>
    </Button>
  )
}
