import { words } from '../words'
import { Sheet } from './Sheet'
import { Key } from './Tips'

export function ShortcutList({ onClose }: { onClose: () => void }) {
  return (
    <Sheet
      onClose={onClose}
      title={words.call.shortcuts}
      className="inset-x-3 top-1/2 mx-auto max-w-sm -translate-y-1/2 rounded-3xl border"
    >
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-3 px-5 pt-3 pb-6">
        {words.shortcuts.map(([key, meaning]) => (
          <div key={key} className="contents">
            <dt>
              <Key>{key}</Key>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  )
}
