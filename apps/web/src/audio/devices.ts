// Which microphones and speakers there are, and when that changes.

export interface Devices {
  inputs: MediaDeviceInfo[]
  outputs: MediaDeviceInfo[]
}

/** Names are empty until the microphone was allowed. `outputs` stays empty where the browser cannot choose one. */
export async function listDevices(): Promise<Devices> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
  const canChoose = 'setSinkId' in AudioContext.prototype
  return {
    inputs: all.filter(({ kind }) => kind === 'audioinput'),
    outputs: canChoose ? all.filter(({ kind }) => kind === 'audiooutput') : [],
  }
}

/** Calls back when a device comes or goes, and when the learner changes the microphone's permission. */
export function watchDevices(changed: () => void, permitted: () => void): () => void {
  const stop = new AbortController()
  navigator.mediaDevices?.addEventListener('devicechange', changed, { signal: stop.signal })
  // Not every browser knows this permission by name.
  navigator.permissions
    ?.query({ name: 'microphone' as PermissionName })
    .then((status) => {
      const report = () => status.state === 'granted' && permitted()
      status.addEventListener('change', report, { signal: stop.signal })
    })
    .catch(() => undefined)
  return () => stop.abort()
}
