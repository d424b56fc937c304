// Notes every frame of the page's WebSockets: when, which way, and the event with its audio replaced by its length.
// `testWire.drain()` hands over the notes and the sent audio (base64) since the last call.
{
  const notes = []
  const audio = []

  const audioField = (type) => {
    if (type === 'input_audio_buffer.append') return 'audio'
    return /audio\.delta$/.test(type) ? 'delta' : null
  }

  const note = (way, data) => {
    const entry = { at: performance.timeOrigin + performance.now(), way, event: null, bytes: null }
    notes.push(entry)
    if (typeof data !== 'string') {
      entry.bytes = data.byteLength ?? data.size
      return
    }
    try {
      const event = JSON.parse(data)
      if (way === 'sent' && event.type === 'input_audio_buffer.append') audio.push(event.audio)
      const field = audioField(event.type)
      entry.event = field ? { ...event, [field]: event[field]?.length } : event
    } catch {
      entry.bytes = data.length
    }
  }

  window.WebSocket = class extends WebSocket {
    constructor(...options) {
      super(...options)
      this.addEventListener('message', ({ data }) => note('received', data))
      this.addEventListener('close', ({ code, reason }) => {
        note('closed', JSON.stringify({ type: 'close', code, reason }))
      })
      window.testWire.sockets.push(this)
    }

    send(data) {
      note('sent', data)
      super.send(data)
    }
  }

  window.testWire = {
    sockets: [],
    drain: () => ({ notes: notes.splice(0), audio: audio.splice(0) }),
  }
}
