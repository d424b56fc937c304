import { ArrowRight, PhoneForwarded } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'wouter'
import type { Access } from '../access.gen'
import { type KeptCall, kept } from '../call/kept'
import { Avatar } from '../components/Avatar'
import { Banner } from '../components/Banner'
import { Button } from '../components/Button'
import { HistoryLink } from '../components/HistoryLink'
import { LearnerName } from '../components/LearnerName'
import { Message } from '../components/Loading'
import { SignedIn } from '../components/SignedIn'
import { TopBar } from '../components/TopBar'
import type { PublicScenario } from '../contract.gen'
import { learnerName } from '../learner'
import { usePageTitle } from '../usePageTitle'
import type { Scenarios } from '../useScenarios'
import { words } from '../words'

interface MenuScreenProps {
  access: Access
  scenarios: Scenarios
  onSignedOut: () => void
}

export function MenuScreen({ access, scenarios, onSignedOut }: MenuScreenProps) {
  const [name, setName] = useState(learnerName)
  usePageTitle()
  const user = access.user ?? name
  const leave = () => {
    // On a machine that many use, the next one must not come upon these calls.
    if (scenarios.status === 'ready') for (const { id } of scenarios.list) kept.drop(id, user)
    onSignedOut()
  }
  return (
    <div className="min-h-dvh pb-16">
      <TopBar>
        {access.features.includes('reviews') ? <HistoryLink /> : null}
        {access.user === null ? (
          <LearnerName name={name} onName={setName} />
        ) : (
          <SignedIn
            name={access.name ?? access.user}
            onSignedOut={access.sign_in === 'code' ? leave : null}
          />
        )}
      </TopBar>
      <main className="mx-auto max-w-6xl px-4 sm:px-8">
        <h1 className="mt-10 max-w-[18ch] text-[2.5rem] leading-[1.04] font-semibold tracking-[-0.032em] text-balance sm:mt-16 sm:text-[3.5rem]">
          {words.menu.title}
        </h1>
        <p className="mt-4 max-w-[52ch] text-lg text-soft text-pretty">{words.menu.what}</p>
        <h2 className="sr-only">{words.menu.heading}</h2>
        {access.calls.open ? null : (
          <div className="mt-8 max-w-2xl">
            <Banner title={words.closed} text={access.calls.message} />
          </div>
        )}
        <div className="mt-10 sm:mt-14">
          <Cards scenarios={scenarios} user={user} />
        </div>
      </main>
    </div>
  )
}

function Cards({ scenarios, user }: { scenarios: Scenarios; user: string }) {
  if (scenarios.status === 'loading') return <Skeleton />
  if (scenarios.status === 'failed') {
    return (
      <Message title={words.menu.failedTitle} text={words.menu.failedText} alert>
        <Button kind="primary" onClick={scenarios.retry}>
          {words.menu.retry}
        </Button>
      </Message>
    )
  }
  if (scenarios.list.length === 0)
    return <Message title={words.menu.emptyTitle} text={words.menu.emptyText} />
  return (
    <ul className={grid}>
      {scenarios.list.map((scenario) => (
        <li key={scenario.id}>
          <Card scenario={scenario} waiting={kept.read(scenario.id, user)} />
        </li>
      ))}
    </ul>
  )
}

const grid = 'grid gap-4 sm:grid-cols-2 lg:grid-cols-3 lg:gap-5'
const card = 'flex h-full flex-col rounded-3xl border border-line bg-surface p-5 sm:p-6'

function Card({ scenario, waiting }: { scenario: PublicScenario; waiting: KeptCall | null }) {
  const { persona } = scenario
  const name = words.menu.open(scenario.title, persona.name)
  const goOn = waiting ? words.kept.card((Date.now() - waiting.at) / 1000) : null
  return (
    <Link
      href={`/call/${encodeURIComponent(scenario.id)}`}
      data-testid={`scenario-card-${scenario.id}`}
      data-waiting={waiting !== null}
      aria-label={goOn === null ? name : `${name}. ${goOn}`}
      className={`${card} group transition-[border-color,box-shadow] hover:border-edge hover:shadow-lift`}
    >
      <div className="flex items-center gap-3.5">
        <Avatar name={persona.name} className="w-14 shrink-0" />
        <div className="min-w-0">
          <p className="font-medium">{persona.name}</p>
          <p className="text-sm text-soft">{persona.role}</p>
        </div>
      </div>
      <h3 className="mt-5 text-[1.375rem] leading-tight font-semibold tracking-[-0.022em] text-balance">
        {scenario.title}
      </h3>
      <p className="mt-2 flex-1 text-soft text-pretty">{scenario.summary}</p>
      <p className="mt-4 flex flex-wrap gap-x-3 text-sm text-soft">
        {scenario.tags.map((tag) => (
          <span key={tag}>{tag}</span>
        ))}
      </p>
      <p className="mt-4 flex items-center gap-2 border-t border-line pt-4 text-sm font-medium">
        {goOn === null ? (
          <>
            <span>{scenario.level}</span>
            <span aria-hidden="true" className="text-soft">
              ·
            </span>
            <span>{words.menu.minutes(scenario.est_minutes)}</span>
          </>
        ) : (
          <>
            <PhoneForwarded size={18} aria-hidden="true" className="shrink-0 text-speaking" />
            <span>{goOn}</span>
          </>
        )}
        <ArrowRight
          size={18}
          aria-hidden="true"
          className="ml-auto transition-transform group-hover:translate-x-1 motion-reduce:transform-none"
        />
      </p>
    </Link>
  )
}

function Skeleton() {
  return (
    <div role="status" aria-label={words.menu.loading} className={grid}>
      {['a', 'b', 'c'].map((key) => (
        <div key={key} aria-hidden="true" className={card}>
          <div className="flex items-center gap-3.5">
            <div className="skeleton size-14 rounded-full!" />
            <div className="skeleton h-8 flex-1" />
          </div>
          <div className="skeleton mt-5 h-6 w-2/3" />
          <div className="skeleton mt-3 h-20" />
          <div className="skeleton mt-6 h-5 w-1/3" />
        </div>
      ))}
    </div>
  )
}
