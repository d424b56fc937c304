import { type CSSProperties, lazy, Suspense } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import type { Access } from './access.gen'
import { fetchAccess } from './api'
import { failure } from './call/failures'
import type { Call } from './call/types'
import { Button } from './components/Button'
import { FailureNotice } from './components/FailureNotice'
import { Frame } from './components/Frame'
import { LoadFailed, Message } from './components/Loading'
import { Tips } from './components/Tips'
import { TopBar } from './components/TopBar'
import { Toaster, toast } from './components/toast'
import { CallScreen } from './screens/CallScreen'
import {
  ClassScreen,
  HistoryScreen,
  Later,
  OperatorScreen,
  ReviewScreen,
  SignInScreen,
} from './screens/later'
import { MenuScreen } from './screens/MenuScreen'
import { type Loaded, useLoaded } from './useLoaded'
import { type Scenarios, useScenarios } from './useScenarios'
import { words } from './words'

const Gallery = import.meta.env.DEV ? lazy(() => import('./fixtures/Gallery')) : null

/** Toasts follow the page's theme, not their own. */
const toastColors = {
  '--normal-bg': 'var(--color-surface)',
  '--normal-text': 'var(--color-ink)',
  '--normal-border': 'var(--color-edge)',
  '--border-radius': '14px',
  fontFamily: 'inherit',
} as CSSProperties

export function App({ call }: { call: Call }) {
  const access = useLoaded('access', fetchAccess)
  const scenarios = useScenarios()
  return (
    <>
      <Switch>
        <Route path="/class">
          <Later key="class">
            <ClassScreen />
          </Later>
        </Route>
        <Route path="/operator">
          <Later key="operator">
            <OperatorScreen />
          </Later>
        </Route>
        {Gallery ? (
          <Route path="/gallery/*?">
            <Suspense>
              <Gallery />
            </Suspense>
          </Route>
        ) : null}
        <Route>
          <Learners call={call} access={access} scenarios={scenarios} />
        </Route>
      </Switch>
      <Suspense>
        <Toaster
          position="top-center"
          theme="light"
          style={toastColors}
          offset={{ top: 76 }}
          mobileOffset={{ top: 64 }}
        />
      </Suspense>
      <Tips />
    </>
  )
}

interface LearnersProps {
  call: Call
  access: Loaded<Access>
  scenarios: Scenarios
}

/** The pages of somebody who is let in. */
function Learners({ call, access, scenarios }: LearnersProps) {
  if (access.status === 'loading') return <TopBar />
  if (access.status === 'failed') {
    return (
      <Frame>
        <LoadFailed title={words.menu.failedTitle} text={access.refusal.message} retry={access.retry} />
      </Frame>
    )
  }
  const { sign_in, user, features } = access.value
  const refresh = () =>
    void fetchAccess().then(access.replace, (error: Error) => toast('error', error.message))
  if (sign_in === 'code' && user === null) {
    return (
      <Later>
        <SignInScreen onSignedIn={refresh} />
      </Later>
    )
  }
  if (sign_in === 'header' && user === null) return <NobodyKnown />
  return (
    <Switch>
      <Route path="/">
        <MenuScreen access={access.value} scenarios={scenarios} onSignedOut={refresh} />
      </Route>
      <Route path="/call/:id">
        {({ id }) => (
          <CallRoute
            key={id}
            call={call}
            access={access.value}
            scenarios={scenarios}
            id={id}
            onSignedOut={refresh}
          />
        )}
      </Route>
      {features.includes('reviews') ? (
        <Route path="/calls/:id">
          {({ id }) => (
            <Later key={id}>
              <ReviewScreen id={id} />
            </Later>
          )}
        </Route>
      ) : null}
      {features.includes('reviews') ? (
        <Route path="/history">
          <Later key="history">
            <HistoryScreen />
          </Later>
        </Route>
      ) : null}
      <Redirect to="/" replace />
    </Switch>
  )
}

function NobodyKnown() {
  return (
    <Frame>
      <Message title={words.signIn.unknown} text={words.signIn.unknownText} alert>
        <Button kind="primary" onClick={() => window.location.reload()}>
          {words.later.reload}
        </Button>
      </Message>
    </Frame>
  )
}

interface CallRouteProps {
  call: Call
  access: Access
  scenarios: Scenarios
  id: string
  onSignedOut: () => void
}

function CallRoute({ call, access, scenarios, id, onSignedOut }: CallRouteProps) {
  const [, navigate] = useLocation()
  if (scenarios.status === 'failed')
    return <MenuScreen access={access} scenarios={scenarios} onSignedOut={onSignedOut} />
  if (scenarios.status === 'loading') return <TopBar />
  const scenario = scenarios.list.find((candidate) => candidate.id === id)
  if (!scenario) {
    return (
      <Frame>
        <FailureNotice failure={failure('unknown-scenario')} onAct={() => navigate('/')} />
      </Frame>
    )
  }
  return <CallScreen call={call} scenario={scenario} access={access} onSignedOut={onSignedOut} />
}
