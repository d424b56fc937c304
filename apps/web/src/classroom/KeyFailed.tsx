import type { Refusal } from '../api'
import { Button } from '../components/Button'
import { LoadFailed, Message } from '../components/Loading'
import { afterwards } from '../words-afterwards'

/** What the key was to open did not come. */
export function KeyFailed({
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
        title={off ? afterwards.classroom.off : afterwards.classroom.failed}
        text={refusal.message}
        retry={retry}
      />
    )
  }
  return (
    <Message title={afterwards.classroom.refused} text={afterwards.classroom.refusedText} alert>
      <Button kind="primary" data-testid="other-key" onClick={onOtherKey}>
        {afterwards.classroom.otherKey}
      </Button>
    </Message>
  )
}
