// How a measure of speech is drawn: its value on a scale that also shows the range to aim for. All in parts of the scale.
import type { Measure } from './contract.gen'

export interface Scale {
  value: number
  /** Where the range to aim for begins and ends. */
  from: number
  to: number
}

/** Null when there is nothing to draw: no value, or no range to hold it against. */
export function scale({ value, least, most }: Pick<Measure, 'value' | 'least' | 'most'>): Scale | null {
  if (value === null || (least === null && most === null)) return null
  const room = 1.25 * Math.max(value, least ?? 0, most ?? 0)
  if (!(room > 0)) return null
  const part = (number: number) => Math.min(1, Math.max(0, number / room))
  return { value: part(value), from: part(least ?? 0), to: most === null ? 1 : part(most) }
}

/** `38 %`, `112 words/min`, `3`. */
export function withUnit(value: number, unit: string): string {
  const number = value.toLocaleString('en', { maximumFractionDigits: 1 })
  return unit === '' ? number : `${number} ${unit}`
}
