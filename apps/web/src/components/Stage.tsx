import { type ReactNode, useEffect, useRef } from 'react'
import type { Call, CallSnapshot } from '../call/types'
import { stateHint, stateWord, words } from '../words'
import { Avatar } from './Avatar'

interface StageProps {
  call: Call
  now: CallSnapshot
  persona: string
  children?: ReactNode
}

/** Who speaks: the persona's face in a ring of the voice's colour, the state in words, and both levels. */
export function Stage({ call, now, persona, children }: StageProps) {
  const stage = useLevels(call)
  const hint = stateHint(now.state, { ...now, persona })
  return (
    <section
      ref={stage}
      data-voice={now.state}
      aria-label={persona}
      className="stage @container grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2 rounded-3xl p-3 sm:p-4 lg:flex lg:flex-col lg:justify-center lg:gap-0 short:self-start lg:overflow-y-auto lg:p-8"
    >
      <div className="orb w-[84px] lg:mb-5 lg:w-[clamp(9rem,34dvh,17rem)]">
        <div className="orb-halo" />
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
        {now.microphone ? (
          <Meter name={words.call.you} variable="--input" color="var(--color-listening)" />
        ) : null}
        <Meter name={persona} variable="--output" color="var(--color-speaking)" />
      </div>
      {children}
    </section>
  )
}

function Meter({ name, variable, color }: { name: string; variable: string; color: string }) {
  const style = { '--meter': `var(${variable}, 0)`, '--meter-color': color } as React.CSSProperties
  return (
    <div aria-hidden="true" className="flex min-w-0 items-center gap-2 lg:block">
      <p className="max-w-20 truncate text-xs text-soft lg:mb-1 lg:max-w-none">{name}</p>
      <div className="meter flex-1" style={style} />
    </div>
  )
}

/** Writes the levels to CSS variables every frame, past React; a falling level falls softly. */
function useLevels(call: Call) {
  const element = useRef<HTMLElement>(null)
  useEffect(() => {
    let frame = 0
    let input = 0
    let output = 0
    const draw = () => {
      const levels = call.levels()
      input = Math.max(levels.input, input * 0.88)
      output = Math.max(levels.output, output * 0.88)
      element.current?.style.setProperty('--input', input.toFixed(3))
      element.current?.style.setProperty('--output', output.toFixed(3))
      frame = requestAnimationFrame(draw)
    }
    frame = requestAnimationFrame(draw)
    return () => cancelAnimationFrame(frame)
  }, [call])
  return element
}
