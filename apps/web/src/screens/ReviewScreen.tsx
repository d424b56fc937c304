import { fetchReview } from '../api'
import { HistoryLink } from '../components/HistoryLink'
import { LoadFailed, Loading } from '../components/Loading'
import { TopBar } from '../components/TopBar'
import { ReviewPage } from '../review/ReviewPage'
import { useLoaded } from '../useLoaded'
import { usePageTitle } from '../usePageTitle'
import { afterwards } from '../words-afterwards'

/** One finished call, to look at and to hear again. */
export function ReviewScreen({ id }: { id: string }) {
  const loaded = useLoaded(id, (signal) => fetchReview(id, signal))
  usePageTitle(afterwards.review.title)
  return (
    <div className="min-h-dvh pb-16">
      <TopBar>
        <HistoryLink />
      </TopBar>
      <main className="mx-auto flex max-w-6xl flex-col gap-8 px-4 pt-6 sm:px-8 lg:pt-10">
        {loaded.status === 'ready' ? null : <h1 className="sr-only">{afterwards.review.title}</h1>}
        {loaded.status === 'loading' ? <Loading text={afterwards.review.loading} /> : null}
        {loaded.status === 'failed' ? (
          <LoadFailed
            title={loaded.refusal.status === 404 ? afterwards.review.gone : afterwards.review.failed}
            text={loaded.refusal.message}
            retry={loaded.refusal.status === 404 ? null : loaded.retry}
          />
        ) : null}
        {loaded.status === 'ready' ? <ReviewPage review={loaded.value} onReview={loaded.replace} /> : null}
      </main>
    </div>
  )
}
