import { Tooltip } from 'radix-ui'
import { type CSSProperties, lazy, Suspense } from 'react'
import { Toaster } from 'sonner'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { failure } from './call/failures'
import type { Call } from './call/types'
import { FailureNotice } from './components/FailureNotice'
import { TopBar } from './components/TopBar'
import { CallScreen } from './screens/CallScreen'
import { ClassScreen } from './screens/ClassScreen'
import { HistoryScreen } from './screens/HistoryScreen'
import { MenuScreen } from './screens/MenuScreen'
import { ReviewScreen } from './screens/ReviewScreen'
import { type Scenarios, useScenarios } from './useScenarios'

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
  const scenarios = useScenarios()
  return (
    <Tooltip.Provider delayDuration={500}>
      <Switch>
        <Route path="/">
          <MenuScreen scenarios={scenarios} />
        </Route>
        <Route path="/call/:id">
          {({ id }) => <CallRoute key={id} call={call} scenarios={scenarios} id={id} />}
        </Route>
        <Route path="/calls/:id">{({ id }) => <ReviewScreen key={id} id={id} />}</Route>
        <Route path="/history">
          <HistoryScreen />
        </Route>
        <Route path="/class">
          <ClassScreen />
        </Route>
        {Gallery ? (
          <Route path="/gallery/*?">
            <Suspense>
              <Gallery />
            </Suspense>
          </Route>
        ) : null}
        <Redirect to="/" replace />
      </Switch>
      <Toaster
        position="top-center"
        theme="light"
        style={toastColors}
        offset={{ top: 76 }}
        mobileOffset={{ top: 64 }}
      />
    </Tooltip.Provider>
  )
}

function CallRoute({ call, scenarios, id }: { call: Call; scenarios: Scenarios; id: string }) {
  const [, navigate] = useLocation()
  if (scenarios.status === 'failed') return <MenuScreen scenarios={scenarios} />
  if (scenarios.status === 'loading') return <TopBar />
  const scenario = scenarios.list.find((candidate) => candidate.id === id)
  if (scenario) return <CallScreen call={call} scenario={scenario} />
  return (
    <>
      <TopBar />
      <main className="mx-auto max-w-3xl px-4 pt-6 sm:px-8 sm:pt-14">
        <FailureNotice failure={failure('unknown-scenario')} onAct={() => navigate('/')} />
      </main>
    </>
  )
}
