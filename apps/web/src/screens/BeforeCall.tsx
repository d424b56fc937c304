import { ArrowLeft, Headphones, Keyboard, Phone, RotateCcw } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import type { Access } from '../access.gen'
import { kept } from '../call/kept'
import { Avatar } from '../components/Avatar'
import { Banner } from '../components/Banner'
import { Button, buttonLook } from '../components/Button'
import { Goals } from '../components/Goals'
import { Privacy } from '../components/Privacy'
import { TopBar } from '../components/TopBar'
import { barBelow, WaitingCall } from '../components/WaitingCall'
import type { PublicScenario } from '../contract.gen'
import { words } from '../words'

interface BeforeCallProps {
  scenario: PublicScenario
  user: string
  calls: Access['calls']
  /** The call begins at a turn of an earlier one. */
  again: boolean
  onStart: (options: { microphone: boolean; audio: boolean }) => void
  onContinue: (microphone: boolean) => void
}

/** Who is on the line and what it is about; the call starts from here. */
export function BeforeCall({ scenario, user, calls, again, onStart, onContinue }: BeforeCallProps) {
  const { persona, learner } = scenario
  const [waiting, setWaiting] = useState(() => kept.read(scenario.id, user))
  return (
    <div className="flex min-h-dvh flex-col">
      <TopBar>
        <Link href="/" className={buttonLook({ kind: 'quiet', size: 'snug' })}>
          <ArrowLeft size={18} aria-hidden="true" />
          {words.before.back}
        </Link>
      </TopBar>
      <main className="mx-auto grid w-full max-w-5xl flex-1 content-start gap-x-14 gap-y-8 px-4 pt-6 pb-56 sm:px-8 lg:grid-cols-[18rem_1fr] lg:content-center lg:pb-16">
        <div className="flex items-center gap-5 lg:flex-col lg:items-start lg:gap-6">
          <Avatar name={persona.name} className="w-24 shrink-0 lg:w-56" />
          <div className="min-w-0">
            <p className="text-xl font-semibold tracking-[-0.015em] lg:text-2xl">{persona.name}</p>
            <p className="text-soft">{persona.role}</p>
            <p className="mt-1 text-sm text-soft">
              {scenario.level}, {words.before.length(Math.ceil(scenario.max_seconds / 60))}
            </p>
          </div>
        </div>
        <div className="max-w-[64ch]">
          <h1 className="text-[2rem] leading-[1.12] font-semibold tracking-[-0.03em] text-balance sm:text-[2.5rem]">
            {scenario.title}
          </h1>
          <p className="mt-4 text-lg text-pretty">
            <span className="text-soft">{words.before.role}</span> {learner.role}
          </p>
          <h2 className="mt-6 text-sm font-medium text-soft">{words.before.brief}</h2>
          <p className="mt-1 text-pretty">{learner.brief}</p>
          <h2 className="mt-6 text-sm font-medium text-soft">{words.before.goals}</h2>
          <Goals goals={learner.goals} />
          {again && !waiting ? (
            <p data-testid="retry-note" className="mt-6 flex gap-2.5 rounded-2xl bg-sunken px-4 py-3">
              <RotateCcw size={18} aria-hidden="true" className="mt-1 shrink-0 text-soft" />
              {words.before.again}
            </p>
          ) : null}
          <p className="mt-6 flex gap-2.5 text-sm text-soft lg:hidden">
            <Headphones size={18} aria-hidden="true" className="shrink-0" />
            {words.before.microphone}
          </p>
          {calls.open ? null : (
            <div className="mt-6">
              <Banner title={words.closed} text={calls.message} />
            </div>
          )}
          {waiting ? (
            <WaitingCall call={waiting} onContinue={onContinue} onAgain={() => setWaiting(null)} />
          ) : (
            <StartButtons scenario={scenario} onStart={onStart} />
          )}
        </div>
      </main>
    </div>
  )
}

function StartButtons({ scenario, onStart }: Pick<BeforeCallProps, 'scenario' | 'onStart'>) {
  const start = useRef<HTMLButtonElement>(null)
  const [audio, setAudio] = useState(false)
  useEffect(() => start.current?.focus({ preventScroll: true }), [])
  return (
    <div className={barBelow}>
      <div className="mb-3 flex flex-col gap-2 lg:mb-4">
        <p className="flex gap-2.5 text-sm text-soft max-lg:hidden">
          <Headphones size={18} aria-hidden="true" className="shrink-0" />
          {words.before.microphone}
        </p>
        <Privacy privacy={scenario.privacy} agreed={audio} onAgree={setAudio} />
      </div>
      <div className="flex flex-wrap gap-2">
        <Button
          ref={start}
          kind="primary"
          data-testid="start-call"
          size="large"
          className="flex-1 lg:flex-none"
          onClick={() => onStart({ microphone: true, audio })}
        >
          <Phone size={20} aria-hidden="true" />
          {words.before.start}
        </Button>
        <Button size="large" data-testid="type-instead" onClick={() => onStart({ microphone: false, audio })}>
          <Keyboard size={19} aria-hidden="true" />
          {words.before.type}
        </Button>
      </div>
    </div>
  )
}
