// The one WebSocket of a call.
import { type ClientMessage, type Incoming, read } from './wire'

/** Audio that the network has not taken yet, beyond which new audio is dropped: about 3 s in base64. */
const MOST_WAITING_BYTES = 192 * 1024

/** Which call a connection is for. */
export interface Line {
  scenario: string
  user: string
  /** `<call id>:<item id>`: a new call that begins at a turn of an earlier one. */
  from: string | null
}

export interface Address extends Line {
  /** What POST /api/tickets gave for this one connection. */
  ticket: string
  /** To continue a call that was cut. */
  resume: { token: string; after: number } | null
}

export interface SocketEvents {
  received(incoming: Incoming): void
  /** `reason` is empty when the server did not say one. */
  closed(code: number, reason: string): void
}

export interface Socket {
  send(message: ClientMessage): void
  close(): void
}

export type OpenSocket = (address: Address, events: SocketEvents) => Socket

export const openSocket: OpenSocket = (address, events) => {
  const socket = new WebSocket(url(address), protocols(address))
  socket.onmessage = ({ data }) => {
    const incoming = read(data)
    if (incoming) events.received(incoming)
  }
  socket.onclose = ({ code, reason }) => events.closed(code, reason)
  return {
    send(message) {
      if (socket.readyState !== WebSocket.OPEN) return
      const late = socket.bufferedAmount > MOST_WAITING_BYTES
      // Old audio would come as a burst, which the server takes for a flood.
      if (late && message.type === 'input_audio_buffer.append') return
      socket.send(JSON.stringify(message))
    },
    close() {
      socket.onmessage = null
      socket.onclose = null
      socket.close(1000)
    },
  }
}

export function url({ scenario, user, from, resume }: Address): string {
  const query = new URLSearchParams({ scenario, user })
  if (resume) query.set('after', String(resume.after))
  else if (from !== null) query.set('from', from)
  return `/ws?${query}`
}

/** Secrets travel here: an address is written into logs, a subprotocol is not. */
export function protocols({ ticket, resume }: Address): string[] {
  const offered = ['vivavoce', `vivavoce.ticket.${ticket}`]
  return resume ? [...offered, `vivavoce.resume.${resume.token}`] : offered
}
