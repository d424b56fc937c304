import { Circle, CircleCheck } from 'lucide-react'
import type { PublicScenario } from '../contract.gen'
import { words } from '../words'

interface GoalsProps {
  goals: PublicScenario['learner']['goals']
  /** Ids of those that are reached; without it none is marked either way. */
  reached?: string[]
}

export function Goals({ goals, reached = [] }: GoalsProps) {
  return (
    <ul className="mt-2 flex flex-col gap-1.5">
      {goals.map((goal) => (
        <li
          key={goal.id}
          data-testid={`goal-${goal.id}`}
          data-reached={reached.includes(goal.id)}
          className="flex gap-2.5"
        >
          {reached.includes(goal.id) ? (
            <CircleCheck
              size={17}
              role="img"
              aria-label={words.goals.reached}
              className="mt-[3px] -ml-px shrink-0 text-met"
            />
          ) : (
            <Circle size={14} aria-hidden="true" className="mt-[5px] mr-0.5 shrink-0 text-soft" />
          )}
          <span>
            {goal.text}
            {goal.required ? null : <span className="text-soft"> ({words.before.optional})</span>}
          </span>
        </li>
      ))}
    </ul>
  )
}
