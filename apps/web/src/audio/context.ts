// Starting an AudioContext, which may be refused, postponed, or never answered.

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

export async function close(context: AudioContext): Promise<void> {
  if (context.state !== 'closed') await context.close()
}
