import type { ReactNode } from 'react'
import { TopBar } from './TopBar'

/** A page with one thing on it. */
export function Frame({ children }: { children: ReactNode }) {
  return (
    <div className="min-h-dvh pb-16">
      <TopBar />
      <main className="mx-auto max-w-3xl px-4 pt-6 sm:px-8 sm:pt-14">{children}</main>
    </div>
  )
}
