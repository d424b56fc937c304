import { afterEach, expect, it, vi } from 'vitest'
import { audioPath, exportPath, fetchCalls, fetchClass, fetchReview, Refusal } from './api'

const signal = new AbortController().signal
afterEach(() => vi.unstubAllGlobals())

function answers(body: BodyInit, status = 200) {
  const asked: [string, RequestInit][] = []
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    asked.push([path, init])
    return new Response(body, { status })
  })
  return asked
}

it('passes on the server’s own words', async () => {
  answers(JSON.stringify({ error: { code: 'not_found', message: 'There is no such call.' } }), 404)
  await expect(fetchReview('call_1', signal)).rejects.toMatchObject({
    status: 404,
    message: 'There is no such call.',
  })
})

it.each(['<html>', '{"error":{"message":7}}', 'null'])('has words of its own for %s', async (body) => {
  answers(body, 502)
  await expect(fetchReview('call_1', signal)).rejects.toThrow('502')
})

it('says so when there is no answer, or none that can be read', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('Failed to fetch')
  })
  await expect(fetchReview('call_1', signal)).rejects.toBeInstanceOf(Refusal)
  answers('<html>')
  await expect(fetchReview('call_1', signal)).rejects.toThrow('cannot be read')
})

it('asks for all calls at once, and shows the key to nobody but the class', async () => {
  const asked = answers(JSON.stringify({ calls: [] }))
  await fetchCalls(['a', 'b'], signal)
  await fetchClass('secret', signal)
  expect(asked.map(([path]) => path)).toEqual(['/api/calls?ids=a%2Cb', '/api/class'])
  expect(asked[1]?.[1].headers).toEqual({ authorization: 'Bearer secret' })
})

it('knows a key that cannot be one without asking', async () => {
  const asked = answers('{}')
  await expect(fetchClass('schlüssel \u2028', signal)).rejects.toMatchObject({ status: 401 })
  expect(asked).toEqual([])
})

it('keeps an odd id inside its path', () => {
  expect(audioPath('../x', 'learner')).toBe('/api/calls/..%2Fx/audio/learner')
  expect(exportPath('a?b', 'csv')).toBe('/api/calls/a%3Fb/export?format=csv')
})
