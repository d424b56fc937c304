import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { signOut } from '../api'
import { Button } from '../components/Button'
import { Heading } from '../components/Heading'
import { TopBar } from '../components/TopBar'
import { afterwards } from '../words-afterwards'
import { KeyForm } from './KeyForm'
import { forgetKey, operatorKey, rememberKey } from './key'

interface OperatorPageProps {
  title: string
  what: string
  /** The other page that the key opens. */
  other: { href: string; name: string }
  children: (key: string, onOtherKey: () => void) => ReactNode
}

/** A page that opens with the operator's key. */
export function OperatorPage({ title, what, other, children }: OperatorPageProps) {
  const [key, setKey] = useState(operatorKey)
  const leave = () => {
    forgetKey()
    setKey(null)
    // The server has let this browser see reviews, too, since it showed the key.
    void signOut().catch(() => undefined)
  }
  const enter = (given: string) => {
    rememberKey(given)
    setKey(given)
  }
  return (
    <div className="min-h-dvh pb-16">
      <TopBar>
        {key === null ? null : (
          <Button kind="quiet" size="snug" onClick={leave}>
            {afterwards.classroom.leave}
          </Button>
        )}
      </TopBar>
      <main className="mx-auto flex max-w-6xl flex-col gap-8 px-4 pt-6 sm:px-8 lg:pt-10">
        <div>
          <Heading>{title}</Heading>
          <p className="mt-2 max-w-[60ch] text-soft text-pretty">{what}</p>
          <p className="mt-1">
            <Link
              href={other.href}
              className="inline-flex min-h-11 items-center underline underline-offset-4"
            >
              {other.name}
            </Link>
          </p>
        </div>
        {key === null ? <KeyForm onKey={enter} /> : children(key, leave)}
      </main>
    </div>
  )
}
