// The Realtime API's audio: PCM16, little-endian (as every browser's machine is), mono, 24 kHz, in base64.

const BYTES_AT_ONCE = 0x2000

export function toBase64(samples: Int16Array): string {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
  let text = ''
  for (let i = 0; i < bytes.length; i += BYTES_AT_ONCE) {
    text += String.fromCharCode(...bytes.subarray(i, i + BYTES_AT_ONCE))
  }
  return btoa(text)
}

/** An odd last byte is half a sample and is left out. Throws a DOMException when `text` is not base64. */
export function fromBase64(text: string): Int16Array<ArrayBuffer> {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length & ~1)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return new Int16Array(bytes.buffer)
}

/** Joins chunks into pieces of at most `most` samples. */
export function joined(chunks: Int16Array[], most: number): Int16Array[] {
  const whole = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  const pieces: Int16Array[] = []
  for (let start = 0; start < whole.length; start += most) pieces.push(whole.subarray(start, start + most))
  return pieces
}
