import { Download } from 'lucide-react'
import type { ReactNode } from 'react'
import { toast } from 'sonner'
import { fetchClass, fetchClassTable, Refusal } from '../api'
import { Button } from '../components/Button'
import { LoadFailed, Loading, Message } from '../components/Loading'
import type { ClassResults as Results } from '../review.gen'
import { useLoaded } from '../useLoaded'
import { words } from '../words'
import { CallsTable, ChecksTable, LearnersTable } from './tables'

interface ClassResultsProps {
  operatorKey: string
  onOtherKey: () => void
}

export function ClassResults({ operatorKey, onOtherKey }: ClassResultsProps) {
  const loaded = useLoaded(operatorKey, (signal) => fetchClass(operatorKey, signal))
  if (loaded.status === 'loading') return <Loading text={words.classroom.loading} />
  if (loaded.status === 'failed') return <Failed {...loaded} onOtherKey={onOtherKey} />
  return <ClassTables results={loaded.value} onDownload={() => void download(operatorKey)} />
}

interface ClassTablesProps {
  results: Results
  onDownload: () => void
}

export function ClassTables({ results: { learners, checks, calls }, onDownload }: ClassTablesProps) {
  if (calls.length === 0) return <Message title={words.classroom.empty} text={words.classroom.emptyText} />
  return (
    <div data-testid="class" className="flex flex-col gap-10">
      <Button data-testid="class-csv" className="self-start" onClick={onDownload}>
        <Download size={17} aria-hidden="true" />
        {words.classroom.csv}
      </Button>
      <Part title={words.classroom.checks} text={words.classroom.checksText}>
        {checks.length > 0 ? <ChecksTable checks={checks} calls={calls} /> : <None />}
      </Part>
      <Part title={words.classroom.learners}>
        <LearnersTable learners={learners} />
      </Part>
      <Part title={words.classroom.calls}>
        <CallsTable calls={calls} />
      </Part>
    </div>
  )
}

function Failed({
  refusal,
  retry,
  onOtherKey,
}: {
  refusal: Refusal
  retry: () => void
  onOtherKey: () => void
}) {
  if (refusal.status !== 401) {
    const off = refusal.status === 404
    return (
      <LoadFailed
        title={off ? words.classroom.off : words.classroom.failed}
        text={refusal.message}
        retry={retry}
      />
    )
  }
  return (
    <Message title={words.classroom.refused} text={words.classroom.refusedText} alert>
      <Button kind="primary" data-testid="other-key" onClick={onOtherKey}>
        {words.classroom.otherKey}
      </Button>
    </Message>
  )
}

/** A link cannot carry the key, so the table is fetched and then saved. */
async function download(key: string): Promise<void> {
  try {
    const url = URL.createObjectURL(await fetchClassTable(key))
    const link = document.createElement('a')
    link.href = url
    link.download = 'class.csv'
    link.click()
    URL.revokeObjectURL(url)
  } catch (error) {
    toast.error(error instanceof Refusal ? error.message : String(error))
  }
}

function Part({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="text-xl font-semibold tracking-[-0.015em]">{title}</h2>
      {text ? <p className="mt-1 text-soft">{text}</p> : null}
      <div className="mt-3">{children}</div>
    </section>
  )
}

function None() {
  return <p className="text-soft">{words.classroom.noChecks}</p>
}
