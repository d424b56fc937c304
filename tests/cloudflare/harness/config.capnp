# A machine of Cloudflare's with one Worker on it. What begins with a slash is laid out for each start: see layout.py.
using Workerd = import "/workerd/workerd.capnp";
using Given = import "/given.capnp";

const config :Workerd.Config = (
  services = [
    (name = "front", worker = .front),
    (name = "worker", worker = .worker),
    (name = "files", disk = (writable = false)),
    (name = "objects", disk = (writable = true)),
    # An upstream on this machine can be reached, and nothing else.
    (name = "internet", network = (allow = ["local"])),
  ],
  v8Flags = ["--expose-gc"],
  sockets = [
    (name = "visitors", address = "127.0.0.1:0", http = (), service = "front"),
    (name = "control", address = "127.0.0.1:0", http = (), service = (name = "front", entrypoint = "Control")),
  ],
);

const front :Workerd.Worker = (
  modules = [(name = "front.js", esModule = embed "front.js")],
  compatibilityDate = Given.compatibilityDate,
  bindings = [
    (name = "WORKER", service = "worker"),
    (name = "ASSETS", service = (name = "front", entrypoint = "Assets")),
    (name = "FILES", service = "files"),
    (name = "RUN_WORKER_FIRST", json = Given.runWorkerFirst),
    (name = "REALTIME_SESSION", durableObjectNamespace = (className = "RealtimeSession", serviceName = "worker")),
  ],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "shim.js", esModule = embed "shim.js"),
    (name = "boot.py", data = embed "boot.py"),
    (name = "forbidden.py", data = embed "forbidden.py"),
    (name = "app.zip", data = embed "/app.zip"),
    (name = "pyodide.mjs", esModule = embed "/pyodide/pyodide.mjs"),
    (name = "pyodide.asm.mjs", esModule = embed "/pyodide/pyodide.asm.mjs"),
    (name = "pyodide.asm.wasm", wasm = embed "/pyodide/pyodide.asm.wasm"),
    (name = "pyodide-lock.json", json = embed "/pyodide/pyodide-lock.json"),
    (name = "python_stdlib.zip", data = embed "/pyodide/python_stdlib.zip"),
  ],
  compatibilityDate = Given.compatibilityDate,
  compatibilityFlags = Given.compatibilityFlags,
  bindings = Given.bindings,
  durableObjectNamespaces = [(className = "RealtimeSession", uniqueKey = "RealtimeSession", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);
