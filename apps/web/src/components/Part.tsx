import type { ReactNode } from 'react'

/** A part of a page, under a heading of its own. */
export function Part({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="text-xl font-semibold tracking-[-0.015em]">{title}</h2>
      {text ? <p className="mt-1 text-soft">{text}</p> : null}
      <div className="mt-3">{children}</div>
    </section>
  )
}
