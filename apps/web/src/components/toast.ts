// The short messages at the top of the page. What draws them comes when the page has nothing else to do; without it
// there are none.
import { type ComponentType, lazy } from 'react'
import type { ExternalToast, ToasterProps } from 'sonner'

const LATEST_MS = 2000

export const Toaster = lazy(() =>
  idle()
    .then(() => import('sonner'))
    .then(
      ({ Toaster }) => ({ default: Toaster as ComponentType<ToasterProps> }),
      () => ({ default: () => null }),
    ),
)

/** Not every browser says when it is idle. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: LATEST_MS })
    else setTimeout(resolve, LATEST_MS)
  })
}

export function toast(
  level: 'info' | 'success' | 'warning' | 'error',
  message: string,
  options?: ExternalToast,
): void {
  import('sonner').then(
    ({ toast }) => toast[level](message, options),
    () => undefined,
  )
}
