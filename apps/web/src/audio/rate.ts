/** The Realtime API's sample rate, in Hz. */
export const RATE = 24000

export function toMilliseconds(samples: number): number {
  return Math.floor((samples * 1000) / RATE)
}
