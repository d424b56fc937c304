import type { ReactNode } from 'react'
import type { Call, CallSnapshot } from '../call/types'
import { stateHint, stateWord, words } from '../words'
import { Avatar } from './Avatar'
import { useLevels } from './useLevels'

interface StageProps {
  call: Call
  now: CallSnapshot
  persona: string
  children?: ReactNode
}

/** Who speaks: the persona's face in a ring of the voice's colour, the state in words, and both levels. */
export function Stage({ call, now, persona, children }: StageProps) {
  const stage = useLevels(call)
  const halo = now.state === 'listening' ? 'input' : now.state === 'speaking' ? 'output' : 'none'
  const hint = stateHint(now.state, { ...now, persona })
  return (
    <section
      ref={stage}
      data-voice={now.state}
      aria-label={persona}
      className="stage @container grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2 rounded-3xl p-3 sm:p-4 lg:flex lg:flex-col lg:justify-center lg:gap-0 short:self-start lg:overflow-y-auto lg:p-8"
    >
      <div className="orb w-[84px] lg:mb-5 lg:w-[clamp(9rem,34dvh,17rem)]">
        <div data-level={halo} className="orb-halo" />
        <div className="orb-ring" />
        <Avatar name={persona} className="orb-face" />
      </div>
      <div className="min-w-0 lg:text-center">
        <p className="text-lg leading-tight font-semibold tracking-[-0.015em] text-pretty lg:text-[1.75rem]">
          {stateWord(now.state, persona)}
        </p>
        <p className="mt-0.5 text-sm text-soft lg:mt-2 lg:min-h-6 lg:text-base">{hint}</p>
      </div>
      <div className="col-span-full grid w-full max-w-sm auto-cols-fr grid-flow-col gap-4 max-lg:max-w-none lg:mt-7 lg:gap-6">
        {now.microphone ? <Meter name={words.call.you} level="input" /> : null}
        <Meter name={persona} level="output" />
      </div>
      {children}
    </section>
  )
}

function Meter({ name, level }: { name: string; level: 'input' | 'output' }) {
  return (
    <div aria-hidden="true" className="flex min-w-0 items-center gap-2 lg:block">
      <p className="max-w-20 truncate text-xs text-soft lg:mb-1 lg:max-w-none">{name}</p>
      <div className="meter flex-1">
        <div data-level={level} className="meter-bar" />
      </div>
    </div>
  )
}
