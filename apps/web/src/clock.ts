/** Seconds as `4:05`; an hour or more as `1:00:00`. Never negative. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  const rest = String(whole % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

/** About how long, in words: `48 s`, `4 min`, `3 h 10 min`. */
export function roughly(seconds: number): string {
  const minutes = Math.floor(Math.max(0, seconds) / 60)
  if (minutes === 0) return `${Math.max(1, Math.round(seconds))} s`
  const hours = Math.floor(minutes / 60)
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`
}

/** Seconds in words: `4 min 5 s`, `48 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const minutes = Math.floor(whole / 60)
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`
}
