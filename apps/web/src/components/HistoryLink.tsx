import { History } from 'lucide-react'
import { Link } from 'wouter'
import { words } from '../words'
import { buttonLook } from './Button'

export function HistoryLink() {
  return (
    <Link href="/history" data-testid="to-history" className={buttonLook({ kind: 'quiet', size: 'snug' })}>
      <History size={18} aria-hidden="true" />
      <span className="max-sm:sr-only">{words.menu.history}</span>
    </Link>
  )
}
