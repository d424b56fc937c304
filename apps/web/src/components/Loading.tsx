import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { words } from '../words'
import { Button, buttonLook } from './Button'

export function Loading({ text }: { text: string }) {
  return (
    <div role="status" aria-label={text} className="flex flex-col gap-6">
      <div className="skeleton h-40" aria-hidden="true" />
      <div className="skeleton h-56" aria-hidden="true" />
      <div className="skeleton h-80" aria-hidden="true" />
    </div>
  )
}

interface MessageProps {
  title: string
  text: string
  alert?: boolean
  children?: ReactNode
}

/** A page that has nothing to show says so, and what to do. */
export function Message({ title, text, alert = false, children }: MessageProps) {
  return (
    <div role={alert ? 'alert' : undefined} className="rounded-3xl border border-line bg-surface p-8 sm:p-12">
      <p className="text-2xl font-semibold tracking-[-0.02em]">{title}</p>
      <p className="mt-2 max-w-[52ch] text-soft text-pretty">{text}</p>
      {children ? <div className="mt-6 flex flex-wrap gap-2">{children}</div> : null}
    </div>
  )
}

interface LoadFailedProps {
  title: string
  text: string
  /** Null when trying again would bring the same. */
  retry: (() => void) | null
}

export function LoadFailed({ title, text, retry }: LoadFailedProps) {
  return (
    <Message title={title} text={text} alert>
      {retry ? (
        <Button kind="primary" onClick={retry}>
          {words.menu.retry}
        </Button>
      ) : null}
      <Link href="/" className={buttonLook({ kind: 'secondary' })}>
        {words.result.others}
      </Link>
    </Message>
  )
}
