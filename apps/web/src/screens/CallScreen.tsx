import { useEffect, useRef } from 'react'
import { useLocation, useSearchParams } from 'wouter'
import type { Access } from '../access.gen'
import type { Call, CallSnapshot, CallState, FailureAction } from '../call/types'
import { useRealtime } from '../call/useRealtime'
import { toast } from '../components/toast'
import type { Notice, PublicScenario } from '../contract.gen'
import { learnerName } from '../learner'
import { rememberCall } from '../remembered'
import { usePageTitle } from '../usePageTitle'
import { stateWord } from '../words'
import { BeforeCall } from './BeforeCall'
import { InCall } from './InCall'
import { fetchResult, Later, Result } from './later'
import { Stopped } from './Stopped'

interface CallScreenProps {
  call: Call
  scenario: PublicScenario
  access: Access
  onSignedOut: () => void
}

/** One scenario's call from before to after; the engine's state decides which screen stands. */
export function CallScreen({ call, scenario, access, onSignedOut }: CallScreenProps) {
  const now = useRealtime(call)
  const [, navigate] = useLocation()
  const [query] = useSearchParams()
  const from = query.get('from')
  useNotices(now.notices)
  useRemembered(now)
  usePageTitle(scenario.title)
  useEffect(fetchResult, [])
  // Whoever leaves the page's call leaves the call.
  useEffect(() => () => call.reset(), [call])

  const user = access.user ?? learnerName()
  const act = (action: FailureAction) => {
    if (action === 'menu') navigate('/')
    else if (action === 'sign-in') onSignedOut()
    else call.act(action)
  }
  const screen = screenFor(now.state)
  const persona = scenario.persona.name
  return (
    <>
      <p role="status" className="sr-only" data-testid="state" data-state={now.state}>
        {now.state === 'idle' ? '' : stateWord(now.state, persona)}
      </p>
      {screen === 'before' ? (
        <BeforeCall
          scenario={scenario}
          user={user}
          calls={access.calls}
          again={from !== null}
          onStart={(options) => call.start(scenario, { ...options, user, from })}
          onContinue={(microphone) => call.resume(scenario, { user, microphone })}
        />
      ) : null}
      {screen === 'call' ? (
        <InCall call={call} now={now} scenario={scenario} onAct={act} onEnd={() => call.end()} />
      ) : null}
      {screen === 'result' ? (
        <Later>
          <Result
            call={call}
            now={now}
            scenario={scenario}
            reviewed={access.features.includes('reviews')}
            onAct={act}
          />
        </Later>
      ) : null}
      {screen === 'stopped' ? <Stopped call={call} now={now} persona={persona} onAct={act} /> : null}
    </>
  )
}

type Screen = 'before' | 'call' | 'result' | 'stopped'

function screenFor(state: CallState): Screen {
  if (state === 'idle') return 'before'
  if (state === 'ended') return 'result'
  return state === 'error' ? 'stopped' : 'call'
}

/** A call whose record is kept can be looked at again: this browser remembers its id. */
function useRemembered({ hello }: CallSnapshot): void {
  const id = hello && hello.privacy.record !== 'none' ? hello.session_id : null
  useEffect(() => {
    if (id !== null) rememberCall(id)
  }, [id])
}

/** The server's notices come once each, as toasts. */
function useNotices(notices: Notice[]): void {
  const shown = useRef(0)
  useEffect(() => {
    for (const notice of notices.slice(shown.current)) show(notice)
    shown.current = notices.length
  }, [notices])
}

function show({ code, event_id, level, message }: Notice): void {
  // The panel of hints says it itself.
  if (code === 'no_hint') return
  // That the voice service is back takes the place of the news that it was lost.
  const id = code.startsWith('upstream_') ? 'upstream' : event_id
  toast(level, message, { id, duration: level === 'info' ? 5000 : 12_000 })
}
