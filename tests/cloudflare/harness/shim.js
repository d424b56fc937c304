// Stands where Cloudflare's Python runtime stands: one Pyodide in the isolate, and a class for each of entry.py's
// classes that hands over to it. Arguments and results are converted by the SDK itself, as there.

import * as sockets from 'cloudflare:sockets'
import * as workers from 'cloudflare:workers'
import app from 'app.zip'
import boot from 'boot.py'
import forbidden from 'forbidden.py'
import createPyodideModule from 'pyodide.asm.mjs'
import wasm from 'pyodide.asm.wasm'
import { loadPyodide } from 'pyodide.mjs'
import lockFileContents from 'pyodide-lock.json'
import stdlib from 'python_stdlib.zip'

const helper = {
  cloudflareWorkersModule: workers,
  cloudflareSocketsModule: sockets,
  doAnImport: (name) => import(name),
  patchWaitUntil(ctx) {
    const waitUntil = ctx.waitUntil.bind(ctx)
    // Python's side lets go of what it passes as soon as the call is over.
    ctx.waitUntil = (work) => waitUntil(Promise.resolve(work.copy?.() ?? work))
  },
}

// What Pyodide reaches for while it starts, and the isolate does not have or does not allow.
const lent = [
  [globalThis, 'location', 'http://pyodide.invalid/'],
  [globalThis, 'addEventListener', () => {}],
  [globalThis, 'fetch', async () => new Response(stdlib)],
  [
    WebAssembly,
    'instantiateStreaming',
    async (_, imports) => ({ module: wasm, instance: await WebAssembly.instantiate(wasm, imports) }),
  ],
  [
    WebAssembly,
    'Module',
    new Proxy(WebAssembly.Module, {
      construct: (_, [bytes]) => workers.env.UNSAFE_EVAL.newWasmModule(bytes),
    }),
  ],
]

async function start() {
  const own = lent.map(([owner, name]) => Object.getOwnPropertyDescriptor(owner, name))
  for (const [owner, name, value] of lent) {
    Object.defineProperty(owner, name, { value, configurable: true, writable: true })
  }
  try {
    const indexURL = 'http://pyodide.invalid/'
    const env = { PYTHONPATH: '/session:/session/python_modules' }
    const pyodide = await loadPyodide({ indexURL, env, createPyodideModule, lockFileContents })
    pyodide.registerJsModule('_cloudflare_compat_flags', Cloudflare.compatibilityFlags)
    pyodide.registerJsModule('_pyodide_entrypoint_helper', helper)
    pyodide.FS.mkdirTree('/session/cloudflare/harness')
    pyodide.FS.writeFile('/session/cloudflare/harness/forbidden.py', new Uint8Array(forbidden))
    pyodide.unpackArchive(app, 'zip', { extractDir: '/session' })
    pyodide.pyimport('importlib').invalidate_caches()
    return pyodide.runPython(new TextDecoder().decode(boot))
  } finally {
    for (const [i, [owner, name]] of lent.entries()) {
      if (own[i]) Object.defineProperty(owner, name, own[i])
      else delete owner[name]
    }
  }
}

let python
const ready = () => (python ??= start())

const forwarding = (base, name, methods) => {
  class Forwarding extends base {
    #instance = ready().then((main) => main.make(name, this.ctx, this.env))

    async forward(method, args) {
      return (await ready()).call(await this.#instance, method, ...args)
    }
  }
  for (const method of methods) {
    Forwarding.prototype[method] = function (...args) {
      return this.forward(method, args)
    }
  }
  return Forwarding
}

const events = ['fetch', 'alarm', 'webSocketMessage', 'webSocketClose', 'webSocketError']

export default class extends forwarding(workers.WorkerEntrypoint, 'Default', ['fetch']) {
  /** How many Python objects of a class there are, when the garbage of both languages is out. */
  async count(name) {
    gc()
    return (await ready()).count(name)
  }
}

export class RealtimeSession extends forwarding(workers.DurableObject, 'RealtimeSession', events) {
  /** What a deploy, or the end of a machine, does to an object: it is gone from memory, and its sockets with it. */
  evict() {
    this.ctx.abort('evicted')
  }
}
