// What stands around a Worker on Cloudflare's side: the choice between it and the static files, and the files.
import { WorkerEntrypoint } from 'cloudflare:workers'

const TYPES = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
  woff2: 'font/woff2',
}

export class Assets extends WorkerEntrypoint {
  async fetch(request) {
    const path = new URL(request.url).pathname
    // As `not_found_handling = "single-page-application"` has it.
    return (await this.file(path)) ?? (await this.file('/index.html')) ?? new Response(null, { status: 404 })
  }

  async file(path) {
    const type = TYPES[path.split('.').at(-1)]
    const found = type && (await this.env.FILES.fetch(`http://files${path}`))
    return found?.ok ? new Response(found.body, { headers: { 'Content-Type': type } }) : null
  }
}

/** What a test may do to the machine: POST /evict/<name of an object>, POST /count/<class>. */
export class Control extends WorkerEntrypoint {
  async fetch(request) {
    const [, verb, name] = new URL(request.url).pathname.split('/').map(decodeURIComponent)
    const answer =
      verb === 'evict' ? this.env.REALTIME_SESSION.getByName(name).evict() : this.env.WORKER.count(name)
    return new Response(await answer.then(String, String))
  }
}

export default class Front extends WorkerEntrypoint {
  fetch(visit) {
    const request = new Request(visit)
    // Cloudflare says who is asking; a test may say it in its place.
    if (!visit.headers.has('CF-Connecting-IP')) request.headers.set('CF-Connecting-IP', '127.0.0.1')
    const path = new URL(request.url).pathname
    const first = this.env.RUN_WORKER_FIRST
    const matches = (pattern) =>
      pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
    const except = (pattern) => pattern.startsWith('!') && matches(pattern.slice(1))
    return first === true || (first.some(matches) && !first.some(except))
      ? this.env.WORKER.fetch(request)
      : this.env.ASSETS.fetch(request)
  }
}
