import { DoorClosed } from 'lucide-react'

/** Something that everybody should know before they begin. */
export function Banner({ title, text }: { title: string; text: string | null }) {
  return (
    <div
      role="note"
      data-testid="banner"
      className="flex gap-3 rounded-2xl border border-line bg-sunken px-4 py-3 sm:px-5"
    >
      <DoorClosed size={20} aria-hidden="true" className="mt-0.5 shrink-0 text-soft" />
      <div>
        <p className="font-semibold">{title}</p>
        {text ? <p className="text-sm text-soft">{text}</p> : null}
      </div>
    </div>
  )
}
