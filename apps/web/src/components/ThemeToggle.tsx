import { Monitor, Moon, Sun } from 'lucide-react'
import { useState } from 'react'
import { applyTheme, currentTheme, themeAfter } from '../theme'
import { words } from '../words'
import { Button } from './Button'

const icons = { system: Monitor, light: Sun, dark: Moon }

export function ThemeToggle() {
  const [theme, setTheme] = useState(currentTheme)
  const Icon = icons[theme]
  const change = () => {
    const next = themeAfter(theme)
    applyTheme(next)
    setTheme(next)
  }
  return (
    <Button
      kind="quiet"
      size="icon"
      aria-label={words.theme[theme]}
      data-testid="theme-toggle"
      data-tip={words.theme[theme]}
      onClick={change}
    >
      <Icon size={19} aria-hidden="true" />
    </Button>
  )
}
