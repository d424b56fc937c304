import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { words } from '../words'
import { ThemeToggle } from './ThemeToggle'

/** The bar of the pages around a call: the name, which leads home, and the theme. */
export function TopBar({ children }: { children?: ReactNode }) {
  return (
    <header className="mx-auto flex w-full max-w-6xl items-center gap-2 px-4 pt-3 sm:px-8 sm:pt-5 print:hidden">
      <Link href="/" className="-ml-1 flex min-h-11 items-center gap-2.5 rounded-lg px-1">
        <svg viewBox="0 0 22 22" aria-hidden="true" className="size-[22px] stroke-current" strokeWidth="2.4">
          <path d="M3 8.5v5M8.3 4v14M13.7 7v8M19 9.5v3" strokeLinecap="round" />
        </svg>
        <span className="text-lg font-semibold tracking-[-0.02em]">{words.name}</span>
      </Link>
      <span className="flex-1" />
      {children}
      <ThemeToggle />
    </header>
  )
}
