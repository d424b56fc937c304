import { Check, Circle, CircleDashed } from 'lucide-react'
import type { CheckResult, Evidence } from '../contract.gen'
import { checkAnchor, evidenceId, lineAnchor } from '../lines'
import { words } from '../words'

const looks = {
  shown: { icon: Check, width: 2.5, color: 'text-met' },
  missed: { icon: Circle, width: 1.75, color: 'text-soft' },
  unproven: { icon: CircleDashed, width: 1.75, color: 'text-soft' },
}

interface CheckRowProps {
  check: CheckResult
  active: string | null
  onEvidence: (id: string, evidence: Evidence) => void
}

/** One yes-or-no question of the rubric: its answer, the words that prove it, and what to try instead. */
export function CheckRow({ check, active, onEvidence }: CheckRowProps) {
  const { icon: Icon, width, color } = looks[check.result]
  return (
    <li
      id={checkAnchor(check.id)}
      tabIndex={-1}
      data-testid={`check-${check.id}`}
      data-result={check.result}
      className="flex scroll-my-24 gap-3 rounded-lg"
    >
      <Icon
        size={20}
        strokeWidth={width}
        role="img"
        aria-label={words.result[check.result]}
        className={`mt-0.5 shrink-0 ${color}`}
      />
      <div className="min-w-0 flex-1">
        <p>{check.ask}</p>
        <HowDecided check={check} />
        {check.evidence.map((evidence, index) => {
          const id = evidenceId(check.id, index)
          return (
            <a
              key={id}
              href={`#${encodeURIComponent(lineAnchor(evidence.item_id))}`}
              data-testid="evidence"
              data-item-id={evidence.item_id}
              data-at={evidence.at}
              onClick={(event) => {
                onEvidence(id, evidence)
                if (goToLine(evidence.item_id)) event.preventDefault()
              }}
              className="flex min-h-11 w-fit items-center py-1 font-voice text-[1.0625rem] leading-snug"
            >
              <q
                className={`rounded-sm box-decoration-clone px-1 ${active === id ? 'bg-mark-strong' : 'bg-mark'}`}
              >
                {evidence.quote}
              </q>
            </a>
          )
        })}
        {check.advice ? (
          <p data-testid="advice" className="mt-1.5 text-[0.9375rem] text-soft text-pretty">
            <span className="font-medium text-ink">{words.result.instead}:</span> {check.advice}
          </p>
        ) : null}
      </div>
    </li>
  )
}

function HowDecided({ check }: { check: CheckResult }) {
  const said = [
    check.result === 'unproven' ? words.result.unprovenText : null,
    check.decided_by === 'words' ? null : words.result.decidedBy[check.decided_by],
    check.note,
  ].filter((text) => text !== null)
  if (said.length === 0) return null
  return <p className="mt-0.5 text-sm text-soft text-pretty">{said.join(' ')}</p>
}

/** Beside the transcript, the line comes to the reader; on a phone it is below, and the link (with the way back) leads there. */
function goToLine(itemId: string): boolean {
  const line = document.getElementById(lineAnchor(itemId))
  if (!line || !matchMedia('(min-width: 64rem)').matches) return false
  line.scrollIntoView({ block: 'nearest' })
  line.focus({ preventScroll: true })
  return true
}
