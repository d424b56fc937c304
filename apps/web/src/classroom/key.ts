// The operator's key stays in this tab: it is gone when the tab is closed, and never in a place that outlives it.
const KEY = 'vivavoce.operator'

export function operatorKey(): string | null {
  try {
    return sessionStorage.getItem(KEY)
  } catch {
    return null
  }
}

export function rememberKey(key: string): void {
  try {
    sessionStorage.setItem(KEY, key)
  } catch {
    // Then it lasts as long as the page.
  }
}

export function forgetKey(): void {
  try {
    sessionStorage.removeItem(KEY)
  } catch {
    // Nothing was kept.
  }
}
