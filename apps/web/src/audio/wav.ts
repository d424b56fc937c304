// WAV as the server takes and gives it: PCM16, mono, 24 kHz.
import { RATE } from './rate'

const HEADER_BYTES = 44

export function toWav(samples: Int16Array): Blob {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES))
  const bytes = samples.byteLength
  ascii(header, 0, 'RIFF')
  header.setUint32(4, HEADER_BYTES - 8 + bytes, true)
  ascii(header, 8, 'WAVEfmt ')
  header.setUint32(16, 16, true)
  header.setUint16(20, 1, true) // PCM
  header.setUint16(22, 1, true) // one channel
  header.setUint32(24, RATE, true)
  header.setUint32(28, RATE * 2, true)
  header.setUint16(32, 2, true)
  header.setUint16(34, 16, true)
  ascii(header, 36, 'data')
  header.setUint32(40, bytes, true)
  return new Blob([header.buffer, new Int16Array(samples)], { type: 'audio/wav' })
}

/** Where the samples begin, in bytes. Throws when `start` is not the beginning of such a file. */
export function samplesStart(start: ArrayBuffer): number {
  const view = new DataView(start)
  if (start.byteLength < HEADER_BYTES || word(view, 0) !== 'RIFF' || word(view, 8) !== 'WAVE')
    throw new Error('This is no WAV file.')
  let at = 12
  while (at + 8 <= start.byteLength) {
    const size = view.getUint32(at + 4, true)
    if (word(view, at) === 'fmt ') checkFormat(view, at + 8)
    if (word(view, at) === 'data') return at + 8
    at += 8 + size + (size % 2)
  }
  throw new Error('The WAV file has no samples where they are expected.')
}

function checkFormat(view: DataView, at: number): void {
  const is = [view.getUint16(at, true), view.getUint16(at + 2, true), view.getUint32(at + 4, true)]
  if (is.join() !== [1, 1, RATE].join()) throw new Error('The WAV file is not PCM16, mono, 24 kHz.')
}

function ascii(view: DataView, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i))
}

function word(view: DataView, at: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4))
}
