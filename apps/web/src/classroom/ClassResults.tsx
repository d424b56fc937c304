import { Download } from 'lucide-react'
import { fetchClass, fetchClassTable, Refusal } from '../api'
import { Button } from '../components/Button'
import { Loading, Message } from '../components/Loading'
import { Part } from '../components/Part'
import { toast } from '../components/toast'
import type { ClassResults as Results } from '../review.gen'
import { useLoaded } from '../useLoaded'
import { afterwards } from '../words-afterwards'
import { KeyFailed } from './KeyFailed'
import { CallsTable, ChecksTable, LearnersTable } from './tables'

interface ClassResultsProps {
  operatorKey: string
  onOtherKey: () => void
}

export function ClassResults({ operatorKey, onOtherKey }: ClassResultsProps) {
  const loaded = useLoaded(operatorKey, (signal) => fetchClass(operatorKey, signal))
  if (loaded.status === 'loading') return <Loading text={afterwards.classroom.loading} />
  if (loaded.status === 'failed') return <KeyFailed {...loaded} onOtherKey={onOtherKey} />
  return <ClassTables results={loaded.value} onDownload={() => void download(operatorKey)} />
}

interface ClassTablesProps {
  results: Results
  onDownload: () => void
}

export function ClassTables({ results: { learners, checks, calls }, onDownload }: ClassTablesProps) {
  if (calls.length === 0)
    return <Message title={afterwards.classroom.empty} text={afterwards.classroom.emptyText} />
  return (
    <div data-testid="class" className="flex flex-col gap-10">
      <Button data-testid="class-csv" className="self-start" onClick={onDownload}>
        <Download size={17} aria-hidden="true" />
        {afterwards.classroom.csv}
      </Button>
      <Part title={afterwards.classroom.checks} text={afterwards.classroom.checksText}>
        {checks.length > 0 ? <ChecksTable checks={checks} calls={calls} /> : <None />}
      </Part>
      <Part title={afterwards.classroom.learners}>
        <LearnersTable learners={learners} />
      </Part>
      <Part title={afterwards.classroom.calls}>
        <CallsTable calls={calls} />
      </Part>
    </div>
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
    toast('error', error instanceof Refusal ? error.message : String(error))
  }
}

function None() {
  return <p className="text-soft">{afterwards.classroom.noChecks}</p>
}
