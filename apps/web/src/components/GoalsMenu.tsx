import { ChevronDown, CircleCheck } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { PublicScenario } from '../contract.gen'
import { words } from '../words'
import { Button } from './Button'
import { Goals } from './Goals'
import { Popup } from './Popup'
import { toast } from './toast'

interface GoalsMenuProps {
  learner: PublicScenario['learner']
  reached: string[]
}

/** What is to be brought about, and what is: a count and the next goal, which open into the whole scene. */
export function GoalsMenu({ learner, reached }: GoalsMenuProps) {
  useReached(learner.goals, reached)
  const next = learner.goals.find((goal) => !reached.includes(goal.id))
  return (
    <Popup
      label={words.call.scene}
      className="w-[min(28rem,calc(100vw-24px))] p-5"
      button={
        <Button kind="quiet" size="snug" data-testid="goals" className="max-w-xl min-w-0 lg:shrink!">
          <CircleCheck
            size={17}
            aria-hidden="true"
            className={`shrink-0 ${reached.length > 0 ? 'text-met' : 'text-soft'}`}
          />
          <span className="tabular-nums">
            {words.goals.count(reached.length, learner.goals.length)}
            <span className="sr-only"> {words.goals.reached}</span>
          </span>
          <span className="truncate font-normal max-lg:hidden">{next?.text ?? words.goals.all}</span>
          <ChevronDown size={16} aria-hidden="true" className="shrink-0 max-sm:hidden" />
        </Button>
      }
    >
      <p>
        <span className="text-soft">{words.before.role}</span> {learner.role}
      </p>
      <p className="mt-2 text-sm text-soft">{learner.brief}</p>
      <h2 className="mt-4 text-sm font-medium text-soft">{words.call.goals}</h2>
      <Goals goals={learner.goals} reached={reached} />
    </Popup>
  )
}

/** A goal that is reached is said once, in passing. */
function useReached(goals: PublicScenario['learner']['goals'], reached: string[]): void {
  // What was reached before this screen stood, or before a line that broke came back, is no news.
  const told = useRef(reached)
  useEffect(() => {
    for (const goal of goals) {
      if (reached.includes(goal.id) && !told.current.includes(goal.id)) {
        toast('success', words.goals.done(goal.text), { id: `goal-${goal.id}` })
      }
    }
    told.current = reached
  }, [goals, reached])
}
