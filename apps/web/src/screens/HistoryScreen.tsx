import { useState } from 'react'
import { Link } from 'wouter'
import { fetchCalls } from '../api'
import { byScenario } from '../attempts'
import { AttemptList } from '../components/AttemptList'
import { buttonLook } from '../components/Button'
import { Heading } from '../components/Heading'
import { LoadFailed, Loading, Message } from '../components/Loading'
import { TopBar } from '../components/TopBar'
import { rememberedCalls } from '../remembered'
import { useLoaded } from '../useLoaded'
import { usePageTitle } from '../usePageTitle'
import { afterwards } from '../words-afterwards'

/** The calls of this browser: every attempt at every scenario, and how the scores went. */
export function HistoryScreen() {
  const [ids] = useState(rememberedCalls)
  const loaded = useLoaded(ids.join(), async (signal) =>
    ids.length === 0 ? [] : byScenario(await fetchCalls(ids, signal)),
  )
  usePageTitle(afterwards.history.title)
  return (
    <div className="min-h-dvh pb-16">
      <TopBar />
      <main className="mx-auto flex max-w-4xl flex-col gap-8 px-4 pt-6 sm:px-8 lg:pt-10">
        <div>
          <Heading>{afterwards.history.title}</Heading>
          <p className="mt-2 max-w-[60ch] text-soft text-pretty">{afterwards.history.what}</p>
        </div>
        {loaded.status === 'loading' ? <Loading text={afterwards.history.loading} /> : null}
        {loaded.status === 'failed' ? (
          <LoadFailed title={afterwards.history.failed} text={loaded.refusal.message} retry={loaded.retry} />
        ) : null}
        {loaded.status === 'ready' && loaded.value.length === 0 ? (
          <Message title={afterwards.history.empty} text={afterwards.history.emptyText}>
            <Link href="/" className={buttonLook({ kind: 'primary' })}>
              {afterwards.history.begin}
            </Link>
          </Message>
        ) : null}
        {loaded.status === 'ready'
          ? loaded.value.map((attempts) => <AttemptList key={attempts.scenarioId} attempts={attempts} />)
          : null}
        <p className="text-sm text-soft">
          <Link href="/class" className="inline-flex min-h-11 items-center underline underline-offset-4">
            {afterwards.history.teachers}
          </Link>
        </p>
      </main>
    </div>
  )
}
