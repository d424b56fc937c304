// A streaming polyphase windowed-sinc resampler. Pure, so that the capture worklet and the tests share it.

const ZERO_CROSSINGS = 16
/** Cut-off as a part of the lower of the two Nyquist frequencies: room for the filter's slope. */
const PASSBAND = 0.94

/** Resamples one channel from `from` Hz to `to` Hz; position and phase are kept from block to block. */
export class Resampler {
  /** to/from in lowest terms is up/down: every output sample is `down` steps of 1/`up` input sample later. */
  private readonly up: number
  private readonly down: number
  private readonly taps: number
  /** One row of coefficients for each of the `up` phases. */
  private readonly table: Float32Array
  private input: Float32Array
  private output = new Float32Array(0)
  /** Input samples that are held. Silence stands before the first one, so output sample 0 is input sample 0. */
  private held: number
  private phase = 0

  constructor(from: number, to: number) {
    const shared = gcd(from, to)
    this.up = to / shared
    this.down = from / shared
    const cutoff = (PASSBAND * Math.min(from, to)) / 2 / from
    const reach = ZERO_CROSSINGS / (2 * cutoff)
    const half = Math.ceil(reach)
    this.taps = 2 * half
    this.table = coefficients(this.up, half, reach, cutoff)
    this.held = half - 1
    this.input = new Float32Array(this.held)
  }

  /** The samples that `block` completes. They are valid until the next call. */
  process(block: Float32Array): Float32Array {
    this.append(block)
    const { up, down, taps, table, input } = this
    const room = Math.ceil(((block.length + 1) * up) / down) + 1
    if (this.output.length < room) this.output = new Float32Array(room)
    let start = 0
    let count = 0
    while (start + taps <= this.held) {
      const row = this.phase * taps
      let sum = 0
      for (let k = 0; k < taps; k++) sum += (input[start + k] as number) * (table[row + k] as number)
      this.output[count++] = sum
      this.phase += down
      start += Math.floor(this.phase / up)
      this.phase %= up
    }
    input.copyWithin(0, start, this.held)
    this.held -= start
    return this.output.subarray(0, count)
  }

  private append(block: Float32Array): void {
    const needed = this.held + block.length
    if (this.input.length < needed) {
      const larger = new Float32Array(needed + this.taps)
      larger.set(this.input.subarray(0, this.held))
      this.input = larger
    }
    this.input.set(block, this.held)
    this.held = needed
  }
}

/** Rows of a Hann-windowed sinc, one per phase, each of unit gain at 0 Hz. `reach` is in input samples. */
function coefficients(phases: number, half: number, reach: number, cutoff: number): Float32Array {
  const taps = 2 * half
  const table = new Float32Array(phases * taps)
  for (let phase = 0; phase < phases; phase++) {
    const row = table.subarray(phase * taps, (phase + 1) * taps)
    let gain = 0
    for (let k = 0; k < taps; k++) {
      const x = k - (half - 1) - phase / phases
      const window = Math.abs(x) < reach ? 0.5 + 0.5 * Math.cos((Math.PI * x) / reach) : 0
      row[k] = window * sinc(2 * cutoff * x)
      gain += row[k] as number
    }
    for (let k = 0; k < taps; k++) row[k] = (row[k] as number) / gain
  }
  return table
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
