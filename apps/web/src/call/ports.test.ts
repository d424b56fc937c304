import { afterEach, expect, it, vi } from 'vitest'
import { browserPorts } from './ports'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

it('does not wait for ever for a server that accepts and says nothing', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort())
  vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) =>
    signal?.aborted ? Promise.reject(signal.reason) : new Promise(() => undefined),
  )
  await expect(browserPorts.ticket('hotel', 'ada')).rejects.toThrow()
})
