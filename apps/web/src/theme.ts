// The theme is an attribute of <html>; styles.css turns it into a color-scheme. public/theme.js sets it before the first paint.
import { readStored, writeStored } from './stored'

export type Theme = 'system' | 'light' | 'dark'

const next: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }

export function currentTheme(): Theme {
  const stored = readStored('theme')
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

export function themeAfter(theme: Theme): Theme {
  return next[theme]
}

export function applyTheme(theme: Theme): void {
  writeStored('theme', theme)
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}
