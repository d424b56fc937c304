import { useId } from 'react'

/** Those that stay clear when they are darkened. */
const hues = [18, 160, 185, 215, 245, 270, 300, 345]

/** A portrait without a picture: initials over a few waves of a voice, both drawn from the name. */
export function Avatar({ name, className = '' }: { name: string; className?: string }) {
  const gradient = useId()
  const seed = hash(name)
  const hue = hues[seed % hues.length] ?? 255
  return (
    <svg viewBox="0 0 100 100" aria-hidden="true" className={`aspect-square rounded-full ${className}`}>
      <defs>
        <linearGradient id={gradient} x1="0" y1="0" x2="0.6" y2="1">
          <stop offset="0" stopColor={`oklch(0.52 0.075 ${hue})`} />
          <stop offset="1" stopColor={`oklch(0.33 0.06 ${hue + 35})`} />
        </linearGradient>
      </defs>
      <rect width="100" height="100" fill={`url(#${gradient})`} />
      <g fill="none" stroke="#fff" strokeOpacity="0.16" strokeWidth="1.4">
        {[0, 1, 2, 3].map((row) => (
          <path key={row} d={wave(seed, row)} />
        ))}
      </g>
      <text
        x="50"
        y="51"
        fill="#fff"
        textAnchor="middle"
        dominantBaseline="central"
        className="font-voice text-[34px] font-medium"
      >
        {initials(name)}
      </text>
    </svg>
  )
}

function initials(name: string): string {
  const parts = name.split(/\s+/).filter((part) => /^\p{L}/u.test(part))
  const shown = parts.length > 1 ? [parts[0], parts.at(-1)] : parts
  return shown.map((part) => Array.from(part ?? '')[0]?.toUpperCase() ?? '').join('')
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 2166136261
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 16777619)
  return value >>> 0
}

function wave(seed: number, row: number): string {
  const height = 10 + ((seed >>> (row * 6)) % 16)
  const length = 28 + ((seed >>> (row * 5 + 3)) % 24)
  const middle = 26 + row * 17
  return `M${-length / 2} ${middle} q${length / 2} ${-height} ${length} 0 ${`t${length} 0 `.repeat(5)}`
}
