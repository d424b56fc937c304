// Runs pytest inside Pyodide, the Python of Cloudflare's runtime: node run.js <repository> <packages> <pytest's arguments>
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [repository, packages, ...args] = process.argv.slice(2)
const pyodide = createRequire(`${repository}/workers/realtime/package.json`).resolve('pyodide')
const { loadPyodide } = await import(pathToFileURL(pyodide.replace(/\.js$/, '.mjs')).href)
const places = ['/packages', '/repository/src', '/repository/tests', '/repository/tests/cloudflare/pyodide']
const env = { PYTHONPATH: places.join(':'), PYTHONDONTWRITEBYTECODE: '1' }
const python = await loadPyodide({ env })
for (const [folder, path] of Object.entries({ '/repository': repository, '/packages': packages })) {
  python.FS.mkdirTree(folder)
  python.mountNodeFS(folder, path)
}
python.pyimport('importlib').invalidate_caches()
python.FS.chdir('/repository')
process.exitCode = python.pyimport('pytest').main(python.toPy(args))
