import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import { createCall } from './call/engine'
import './styles.css'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
const call = createCall()
createRoot(root).render(
  <StrictMode>
    <App call={call} />
  </StrictMode>,
)
