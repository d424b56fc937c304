// Starting an AudioContext, which may be refused, postponed, or never answered.

import { STOPPED } from './stopped'

/** Firefox without a sound card never settles resume(); after this it counts as blocked. */
const RESUME_TIMEOUT_MS = 3000

/** True when `context` runs; false when the browser will not let it, or does not answer. */
export async function running(context: AudioContext, timeout = RESUME_TIMEOUT_MS): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, timeout)
  })
  await Promise.race([context.resume().catch(() => undefined), patience])
  clearTimeout(timer)
  return context.state === 'running'
}

/** A clock that the browser has stopped lets no processor end. */
const END_TIMEOUT_MS = 250

/**
 * Lets the node's processor end before its clock is stopped: the browser keeps one that it stopped on the way for as
 * long as the page lives, with its context and its port. `stop` asks for it; the processor's last message is an answer.
 */
export async function stopAndClose(
  node: AudioWorkletNode,
  context: AudioContext,
  stop: unknown,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, END_TIMEOUT_MS)
    node.port.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data !== STOPPED) return
      clearTimeout(timer)
      resolve()
    }
    node.port.postMessage(stop)
  })
  node.port.close()
  node.disconnect()
  await close(context)
}

export async function close(context: AudioContext): Promise<void> {
  if (context.state !== 'closed') await context.close()
}
