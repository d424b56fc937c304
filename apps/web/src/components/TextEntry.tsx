import { SendHorizontal } from 'lucide-react'
import { type RefObject, useState } from 'react'
import { words } from '../words'
import { Button } from './Button'

/** The server's limit for one message, in characters. */
const longest = 2000

interface TextEntryProps {
  field: RefObject<HTMLInputElement | null>
  ready: boolean
  onSend: (text: string) => void
}

export function TextEntry({ field, ready, onSend }: TextEntryProps) {
  const [text, setText] = useState('')
  const wanted = text.trim()
  return (
    <form
      className="flex min-w-0 flex-1 items-center gap-1 rounded-full border border-edge bg-surface pl-4 has-[input:focus-visible]:outline-[2.5px] has-[input:focus-visible]:outline-offset-2 has-[input:focus-visible]:outline-ink"
      onSubmit={(event) => {
        event.preventDefault()
        if (!ready || wanted === '') return
        onSend(wanted)
        setText('')
      }}
    >
      <input
        ref={field}
        data-testid="text-entry"
        aria-label={words.call.write}
        aria-keyshortcuts="T"
        placeholder={words.call.write}
        maxLength={longest}
        autoComplete="off"
        enterKeyHint="send"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.preventDefault() // or a sheet would close with it
          event.currentTarget.blur()
        }}
        className="min-h-11 w-full min-w-0 bg-transparent text-base outline-none placeholder:text-soft"
      />
      <Button
        type="submit"
        kind="quiet"
        size="icon"
        aria-label={words.call.send}
        data-testid="send-text"
        disabled={!ready || wanted === ''}
      >
        <SendHorizontal size={19} aria-hidden="true" />
      </Button>
    </form>
  )
}
