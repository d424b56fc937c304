import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const server = 'http://127.0.0.1:8787'

export default defineConfig({
  plugins: [react(), tailwindcss()],
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
