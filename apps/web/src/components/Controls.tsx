import { Captions, Lightbulb, ListTree, Mic, MicOff, PhoneOff, Settings2 } from 'lucide-react'
import type { ComponentProps, RefObject } from 'react'
import type { Call, CallSnapshot } from '../call/types'
import { words } from '../words'
import { Button } from './Button'
import { DeviceMenu, type KeySettings } from './DeviceMenu'
import { EndButton } from './EndButton'
import { HoldButton } from './HoldButton'
import { TextEntry } from './TextEntry'

interface ControlsProps {
  call: Call
  now: CallSnapshot
  field: RefObject<HTMLInputElement | null>
  captions: boolean
  events: boolean
  /** Null where the lesson gives no hints. */
  hint: boolean | null
  keys: KeySettings
  onMute: () => void
  onTalk: (down: boolean) => void
  onCaptions: () => void
  onHint: () => void
  onEvents: () => void
  onEnd: () => void
}

/** The bar under a call. On a phone the message field stands above the buttons. */
export function Controls({ call, now, field, keys, ...controls }: ControlsProps) {
  return (
    <section
      aria-label={words.call.controls}
      className="flex flex-wrap items-center gap-x-1 gap-y-2 border-t border-line bg-surface px-3 pt-2.5 pb-[max(0.625rem,env(safe-area-inset-bottom))] sm:gap-x-2 sm:px-6 lg:flex-nowrap short:flex-nowrap lg:h-[4.75rem] lg:gap-2.5"
    >
      {now.microphone ? (
        <>
          <Toggle
            testId="mute"
            icon={now.muted ? MicOff : Mic}
            text={now.muted ? words.call.unmute : words.call.mute}
            keys="M"
            on={now.muted}
            onClick={controls.onMute}
          />
          <HoldButton talking={now.talking} onTalk={controls.onTalk} />
        </>
      ) : null}
      <Toggle
        testId="captions"
        icon={Captions}
        text={words.call.captions}
        keys="C"
        on={controls.captions}
        onClick={controls.onCaptions}
      />
      <div className="flex w-full gap-1.5 min-w-0 max-lg:order-first lg:w-auto lg:flex-1 short:order-none! short:w-auto! short:flex-1">
        {controls.hint === null ? null : (
          <Toggle
            testId="hint"
            icon={Lightbulb}
            text={words.hints.title}
            keys="H"
            on={controls.hint}
            onClick={controls.onHint}
          />
        )}
        <TextEntry
          field={field}
          ready={now.connected && now.ended === null}
          onSend={(text) => call.sendText(text)}
        />
      </div>
      <DeviceMenu call={call} now={now} keys={keys}>
        <Button
          kind="quiet"
          size="icon"
          aria-label={words.call.devices}
          data-tip={words.call.devices}
          data-testid="device-menu"
        >
          <Settings2 size={19} aria-hidden="true" />
        </Button>
      </DeviceMenu>
      <Button
        kind="quiet"
        size="icon"
        className={controls.events ? 'bg-ink/10' : ''}
        data-tip={words.call.events}
        aria-label={words.call.events}
        aria-expanded={controls.events}
        data-testid="events-toggle"
        onClick={controls.onEvents}
      >
        <ListTree size={19} aria-hidden="true" />
      </Button>
      <span className="flex-1 lg:hidden short:hidden" />
      <EndButton
        startedAt={now.startedAt}
        onEnd={controls.onEnd}
        icon={<PhoneOff size={18} aria-hidden="true" />}
      />
    </section>
  )
}

interface ToggleProps {
  testId: string
  icon: typeof Mic
  text: string
  keys: string
  on: boolean
  onClick: ComponentProps<'button'>['onClick']
}

function Toggle({ testId, icon: Icon, text, keys, on, onClick }: ToggleProps) {
  return (
    <Button
      data-testid={testId}
      data-tip={text}
      data-tip-key={keys}
      aria-label={text}
      aria-pressed={on}
      aria-keyshortcuts={keys}
      kind={on ? 'primary' : 'secondary'}
      className="max-md:px-0! short:px-0!"
      onClick={onClick}
    >
      <Icon size={19} aria-hidden="true" />
      <span className="max-md:hidden short:hidden">{text}</span>
    </Button>
  )
}
