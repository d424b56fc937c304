import { type ReactNode, useEffect, useRef } from 'react'

/** The page has changed under the reader: its heading takes the focus. */
export function Heading({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    window.scrollTo(0, 0)
    heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <h1
      ref={heading}
      tabIndex={-1}
      className="mt-0.5 text-[2.25rem] leading-tight font-semibold tracking-[-0.03em] sm:text-[2.75rem]"
    >
      {children}
    </h1>
  )
}
