import type { ComponentProps } from 'react'

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger'
export type ButtonSize = 'icon' | 'snug' | 'normal' | 'large'

const base =
  'inline-flex min-w-11 shrink-0 items-center justify-center gap-2 rounded-full font-medium whitespace-nowrap select-none ' +
  'transition-colors disabled:cursor-not-allowed disabled:opacity-55 print:hidden'

const kinds: Record<ButtonKind, string> = {
  primary: 'border border-transparent bg-ink text-paper hover:bg-ink/85',
  secondary: 'border border-edge bg-surface text-ink hover:bg-sunken',
  quiet: 'text-ink hover:bg-ink/7',
  danger: 'border border-transparent bg-danger text-white hover:brightness-90',
}

const sizes: Record<ButtonSize, string> = {
  icon: 'size-11',
  snug: 'min-h-11 px-3.5 text-[0.9375rem]',
  normal: 'min-h-11 px-5 text-[0.9375rem]',
  large: 'min-h-14 px-7 text-[1.0625rem]',
}

interface Look {
  kind?: ButtonKind
  size?: ButtonSize
}

/** The look of a button, for links that lead somewhere. */
export function buttonLook({ kind = 'secondary', size = 'normal' }: Look, extra = ''): string {
  return `${base} ${kinds[kind]} ${sizes[size]} ${extra}`
}

export function Button({ kind, size, className, ...props }: ComponentProps<'button'> & Look) {
  return <button type="button" className={buttonLook({ kind, size }, className)} {...props} />
}
