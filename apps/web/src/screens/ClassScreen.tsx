import { ClassResults } from '../classroom/ClassResults'
import { OperatorPage } from '../classroom/OperatorPage'
import { usePageTitle } from '../usePageTitle'
import { afterwards } from '../words-afterwards'

/** For the one who runs the server: who tried what, and what the class finds hard. */
export function ClassScreen() {
  usePageTitle(afterwards.classroom.title)
  return (
    <OperatorPage
      title={afterwards.classroom.title}
      what={afterwards.classroom.what}
      other={{ href: '/operator', name: afterwards.classroom.toOperator }}
    >
      {(key, onOtherKey) => <ClassResults operatorKey={key} onOtherKey={onOtherKey} />}
    </OperatorPage>
  )
}
