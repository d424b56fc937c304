// A relay as it is often written in Node: `ws` on both sides, every message parsed, looked at, and stringified again.
//
//     with_ws.js PORT UPSTREAM_URL [CERTIFICATES]
import { readFileSync } from 'node:fs'
import process from 'node:process'
import WebSocket, { WebSocketServer } from 'ws'

const [port, upstreamUrl, certificates] = process.argv.slice(2)
const ca = certificates && readFileSync(certificates)
const fromBrowser = new Set([
  'input_audio_buffer.append',
  'input_audio_buffer.commit',
  'input_audio_buffer.clear',
  'session.update',
])

function relay(page) {
  const upstream = new WebSocket(upstreamUrl, { ca, perMessageDeflate: false })
  let waiting = []
  page.on('message', (data) => {
    const event = JSON.parse(data.toString())
    if (!fromBrowser.has(event.type)) return
    if (waiting) waiting.push(event)
    else upstream.send(JSON.stringify(event))
  })
  upstream.on('open', () => {
    for (const event of waiting) upstream.send(JSON.stringify(event))
    waiting = null
  })
  upstream.on('message', (data) => {
    const event = JSON.parse(data.toString())
    if (event.type === 'session.created' || event.type === 'session.updated') {
      Object.assign(event.session, { instructions: '', tools: [], tool_choice: 'none' })
    }
    page.send(JSON.stringify(event))
  })
  page.on('close', () => upstream.close())
  upstream.on('close', () => page.close())
  page.on('error', () => upstream.terminate())
  upstream.on('error', () => page.terminate())
}

new WebSocketServer({ host: '127.0.0.1', port: Number(port), backlog: 1024, perMessageDeflate: false }).on(
  'connection',
  relay,
)
