import { useEffect } from 'react'
import { words } from './words'

export function usePageTitle(subject?: string): void {
  useEffect(() => {
    document.title = subject ? `${subject} · ${words.name}` : words.name
  }, [subject])
}
