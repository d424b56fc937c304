import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import { call } from './call/useRealtime'
import './styles.css'

// Where Radix looks for it: by a style of its own, a dialog keeps the page behind it from scrolling.
Object.assign(globalThis, {
  __webpack_nonce__: document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce,
})

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <App call={call} />
  </StrictMode>,
)
