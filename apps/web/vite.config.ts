import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

// sonner writes its styles into the page when it is loaded, which the CSP forbids; so they come as a file.
const sonnerStyles: Plugin = {
  name: 'sonner-styles',
  apply: 'build',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/sonner/dist/index.mjs')) return null
    const without = code.replace(/^__insertCSS\(.*\);?$/m, "import './styles.css'")
    if (without === code) this.error('sonner brings its styles in another way now')
    return { code: without, map: null }
  },
}

const server = 'http://127.0.0.1:8787'

export default defineConfig({
  plugins: [react(), tailwindcss(), sonnerStyles],
  // Audio worklets are built through `?worker&url`: one same-origin module each, as the CSP wants it.
  worker: { format: 'es' },
  build: {
    outDir: '../../src/vivavoce/hosts/native/static',
    emptyOutDir: true,
    // A data: URL is refused by `script-src 'self'`.
    assetsInlineLimit: 0,
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      '/api': server,
      '/ws': { target: server, ws: true },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
})
