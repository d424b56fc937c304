// The pages that a call does without: each is fetched when it is first opened.
import { Component, lazy, type ReactNode, Suspense } from 'react'
import { Button } from '../components/Button'
import { Frame } from '../components/Frame'
import { Loading, Message } from '../components/Loading'
import { words } from '../words'

const loadResult = () => import('./Result').then(({ Result }) => ({ default: Result }))
export const Result = lazy(loadResult)
/** So that it is here when the call is over, whether the server is or not. */
export function fetchResult(): void {
  void loadResult().catch(() => undefined)
}
export const SignInScreen = lazy(() =>
  import('./SignInScreen').then(({ SignInScreen }) => ({ default: SignInScreen })),
)
export const ReviewScreen = lazy(() =>
  import('./ReviewScreen').then(({ ReviewScreen }) => ({ default: ReviewScreen })),
)
export const HistoryScreen = lazy(() =>
  import('./HistoryScreen').then(({ HistoryScreen }) => ({ default: HistoryScreen })),
)
export const ClassScreen = lazy(() =>
  import('./ClassScreen').then(({ ClassScreen }) => ({ default: ClassScreen })),
)

export const OperatorScreen = lazy(() =>
  import('./OperatorScreen').then(({ OperatorScreen }) => ({ default: OperatorScreen })),
)

/** What stands while such a page is fetched, or when it does not come: a newer server has other files. */
export class Later extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    if (!this.state.failed) return <Suspense fallback={<Fetching />}>{this.props.children}</Suspense>
    return (
      <Frame>
        <Message title={words.later.failed} text={words.later.failedText} alert>
          <Button kind="primary" onClick={() => window.location.reload()}>
            {words.later.reload}
          </Button>
        </Message>
      </Frame>
    )
  }
}

function Fetching() {
  return (
    <Frame>
      <Loading text={words.later.loading} />
    </Frame>
  )
}
