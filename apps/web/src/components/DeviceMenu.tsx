import type { ComponentProps } from 'react'
import type { Call, CallSnapshot } from '../call/types'
import { words } from '../words'
import { closePopup, Popup } from './Popup'

export interface KeySettings {
  on: boolean
  set: (on: boolean) => void
  showList: () => void
}

interface DeviceMenuProps {
  call: Call
  now: CallSnapshot
  keys?: KeySettings
  /** The button that opens it. */
  children: ComponentProps<typeof Popup>['button']
}

/** Microphone, speaker, and how the keys behave. */
export function DeviceMenu({ call, now, keys, children }: DeviceMenuProps) {
  return (
    <Popup
      label={words.call.devices}
      className="w-[min(22rem,calc(100vw-24px))] space-y-4 p-5"
      button={children}
    >
      <DeviceSelect
        label={words.devices.microphone}
        devices={now.inputs}
        chosen={now.inputId}
        onChoose={(id) => call.chooseInput(id)}
      />
      {now.outputs.length > 0 ? (
        <DeviceSelect
          label={words.devices.speaker}
          devices={now.outputs}
          chosen={now.outputId}
          onChoose={(id) => call.chooseOutput(id)}
        />
      ) : (
        <p className="text-sm text-soft">{words.devices.speakerByBrowser}</p>
      )}
      {keys ? <TalkSettings call={call} now={now} keys={keys} /> : null}
    </Popup>
  )
}

function TalkSettings({ call, now, keys }: { call: Call; now: CallSnapshot; keys: KeySettings }) {
  return (
    <div className="space-y-4 border-t border-line pt-4">
      {now.microphone ? (
        <Switch
          label={words.devices.hold}
          hint={words.devices.holdHint}
          on={now.holdToTalk}
          onChange={(on) => call.setHoldToTalk(on)}
        />
      ) : null}
      <Switch label={words.devices.keys} hint={words.devices.keysHint} on={keys.on} onChange={keys.set} />
      <button
        type="button"
        className="-my-2 min-h-11 text-sm font-medium underline underline-offset-4"
        onClick={({ currentTarget }) => {
          closePopup(currentTarget)
          keys.showList()
        }}
      >
        {words.devices.list}
      </button>
    </div>
  )
}

interface DeviceSelectProps {
  label: string
  devices: MediaDeviceInfo[]
  chosen: string
  onChoose: (id: string) => void
}

function DeviceSelect({ label, devices, chosen, onChoose }: DeviceSelectProps) {
  return (
    <label className="block text-sm font-medium">
      {label}
      <select
        value={chosen}
        onChange={(event) => onChoose(event.target.value)}
        className="mt-1.5 block min-h-11 w-full rounded-xl border border-edge bg-surface px-3 text-base font-normal"
      >
        {devices.some((device) => device.deviceId === chosen) ? null : (
          <option value={chosen}>{words.devices.standard}</option>
        )}
        {devices.map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || words.devices.unnamed(label, index + 1)}
          </option>
        ))}
      </select>
    </label>
  )
}

interface SwitchProps {
  label: string
  hint: string
  on: boolean
  onChange: (on: boolean) => void
}

function Switch({ label, hint, on, onChange }: SwitchProps) {
  return (
    <label className="flex cursor-pointer items-center gap-4">
      <span className="flex-1">
        <span className="block text-sm font-medium">{label}</span>
        <span className="block text-sm text-soft">{hint}</span>
      </span>
      <input
        type="checkbox"
        role="switch"
        className="switch"
        checked={on}
        aria-checked={on}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  )
}
