// The short messages at the top of the page. What draws them comes after the page itself; without it there are none.
import { type ComponentType, lazy } from 'react'
import type { ExternalToast, ToasterProps } from 'sonner'

export const Toaster = lazy(() =>
  import('sonner').then(
    ({ Toaster }) => ({ default: Toaster as ComponentType<ToasterProps> }),
    () => ({ default: () => null }),
  ),
)

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
