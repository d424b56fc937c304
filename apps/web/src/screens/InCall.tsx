import { useEffect, useRef, useState } from 'react'
import type { Call, CallSnapshot, FailureAction } from '../call/types'
import { Button } from '../components/Button'
import { Caption } from '../components/Caption'
import { Controls } from '../components/Controls'
import { DeviceMenu } from '../components/DeviceMenu'
import { EventsDrawer } from '../components/EventsDrawer'
import { FailureNotice } from '../components/FailureNotice'
import { GoalsMenu } from '../components/GoalsMenu'
import { HintPanel } from '../components/HintPanel'
import { LiveTranscript } from '../components/LiveTranscript'
import { OutageNotice } from '../components/OutageNotice'
import { Quiz } from '../components/Quiz'
import { ShortcutList } from '../components/ShortcutList'
import { Stage } from '../components/Stage'
import { ThemeToggle } from '../components/ThemeToggle'
import { TimeLeft } from '../components/TimeLeft'
import { useShortcuts } from '../components/useShortcuts'
import type { PublicScenario } from '../contract.gen'
import { useStoredFlag } from '../stored'
import { words } from '../words'

interface InCallProps {
  call: Call
  now: CallSnapshot
  scenario: PublicScenario
  onAct: (action: FailureAction) => void
  onEnd: () => void
}

export function InCall({ call, now, scenario, onAct, onEnd }: InCallProps) {
  const field = useRef<HTMLInputElement>(null)
  const [captions, setCaptions] = useStoredFlag('captions', false)
  const [keysOn, setKeysOn] = useStoredFlag('shortcuts', true)
  const [events, setEvents] = useState(false)
  const [list, setList] = useState(false)
  const hints = useHints(call)
  const persona = scenario.persona.name

  const mute = () => now.microphone && call.setMuted(!now.muted)
  const talk = (down: boolean) => talkWhileHeld(call, now, down)
  useShortcuts(keysOn, {
    mute,
    captions: () => setCaptions(!captions),
    write: () => field.current?.focus(),
    hint: scenario.hints ? hints.press : undefined,
    list: () => setList(true),
    talk,
  })
  useEffect(() => {
    if (!now.microphone) field.current?.focus()
  }, [now.microphone])

  return (
    <div className="grid h-dvh min-h-[20rem] grid-cols-1 grid-rows-[auto_minmax(0,1fr)_auto]">
      <CallHeader now={now} scenario={scenario} />
      <main className="mx-auto flex min-h-0 w-full max-w-[88rem] flex-col gap-2.5 px-2.5 pb-2.5 sm:px-6 lg:gap-4 lg:pb-5">
        <OutageNotice call={call} outage={now.outage} />
        {now.failure && !now.failure.fatal ? (
          <FailureNotice
            failure={now.failure}
            onAct={onAct}
            chooser={(button) => (
              <DeviceMenu call={call} now={now}>
                {button}
              </DeviceMenu>
            )}
          />
        ) : null}
        <div className="grid min-h-0 flex-1 grid-cols-1 grid-rows-[auto_minmax(0,1fr)] gap-2.5 short:grid-cols-2 short:grid-rows-1 lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)] lg:grid-rows-1 lg:gap-6">
          <Stage call={call} now={now} persona={persona}>
            <StageAside call={call} now={now} />
            {captions ? <Caption bubbles={now.bubbles} /> : null}
          </Stage>
          <LiveTranscript bubbles={now.bubbles} gaps={now.gaps} persona={persona}>
            {now.quiz.length > 0 ? (
              <div className="mt-6">
                <Quiz
                  items={now.quiz}
                  marks={now.marks}
                  connected={now.connected}
                  callId={null}
                  onAnswer={(id, answer) => call.answerQuiz(id, answer)}
                />
              </div>
            ) : null}
          </LiveTranscript>
        </div>
        {hints.open ? (
          <HintPanel now={now} ask={hints.button} onAsk={() => call.askForHint()} onClose={hints.close} />
        ) : null}
      </main>
      <Controls
        call={call}
        now={now}
        field={field}
        captions={captions}
        events={events}
        hint={scenario.hints ? hints.open : null}
        keys={{ on: keysOn, set: setKeysOn, showList: () => setList(true) }}
        onMute={mute}
        onTalk={talk}
        onCaptions={() => setCaptions(!captions)}
        onHint={() => (hints.open ? hints.close() : hints.press())}
        onEvents={() => setEvents(!events)}
        onEnd={onEnd}
      />
      {events ? <EventsDrawer onClose={() => setEvents(false)} events={call.events} /> : null}
      {list ? <ShortcutList onClose={() => setList(false)} /> : null}
    </div>
  )
}

/** The panel of hints: the key opens it, which names the price, and only then asks. */
function useHints(call: Call) {
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const back = useRef<Element | null>(null)
  const press = () => {
    if (open) {
      call.askForHint()
      return
    }
    back.current = document.activeElement
    setOpen(true)
  }
  const close = () => {
    setOpen(false)
    if (back.current instanceof HTMLElement) back.current.focus({ preventScroll: true })
  }
  return { open, button, press, close }
}

/** Holding the key or the button is enough: it also leaves the open microphone and the mute behind. */
function talkWhileHeld(call: Call, now: CallSnapshot, down: boolean): void {
  if (!now.microphone || now.talking === down) return
  if (down && now.muted) call.setMuted(false)
  if (down && !now.holdToTalk) call.setHoldToTalk(true)
  call.setTalking(down)
}

/** What can be done about the state right now. */
function StageAside({ call, now }: Pick<InCallProps, 'call' | 'now'>) {
  const stop = now.state === 'speaking' && (!now.microphone || now.holdToTalk || now.muted)
  const open = now.microphone && now.holdToTalk && !now.talking && !stop
  if (!stop && !open) return null
  return (
    <div className="col-span-full flex justify-center lg:mt-4">
      {stop ? (
        <Button onClick={() => call.interrupt()}>{words.call.stopVoice}</Button>
      ) : (
        <Button kind="quiet" onClick={() => call.setHoldToTalk(false)}>
          {words.call.openMicrophone}
        </Button>
      )}
    </div>
  )
}

function CallHeader({ now, scenario }: Pick<InCallProps, 'now' | 'scenario'>) {
  const { persona, learner } = scenario
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <header className="mx-auto flex w-full max-w-[88rem] items-center gap-3 px-4 py-2 sm:px-7 lg:gap-6 lg:py-3.5">
      <div className="min-w-0 flex-1 lg:flex-none">
        <h1
          ref={heading}
          tabIndex={-1}
          className="truncate text-lg leading-tight font-semibold tracking-[-0.015em]"
        >
          {persona.name}
        </h1>
        <p className="truncate text-sm text-soft">{persona.role}</p>
      </div>
      <GoalsMenu learner={learner} reached={now.goals} />
      <span className="hidden flex-1 lg:block" />
      <TimeLeft now={now} maxSeconds={now.hello?.max_seconds ?? scenario.max_seconds} />
      <span className="max-sm:hidden">
        <ThemeToggle />
      </span>
    </header>
  )
}
