import { OperatorPage } from '../classroom/OperatorPage'
import { Operations } from '../operator/Operations'
import { operating } from '../operator/words'
import { usePageTitle } from '../usePageTitle'

/** For the one who runs the server: what it costs, who uses it now, and the switch. */
export function OperatorScreen() {
  usePageTitle(operating.title)
  return (
    <OperatorPage
      title={operating.title}
      what={operating.what}
      other={{ href: '/class', name: operating.toClass }}
    >
      {(key, onOtherKey) => <Operations operatorKey={key} onOtherKey={onOtherKey} />}
    </OperatorPage>
  )
}
