// The server's times are UTC; people read them in their own time and in the language of their browser.
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

export function dateTime(iso: string): string {
  return written(full, iso)
}

export function day(iso: string): string {
  return written(date, iso)
}

function written(format: Intl.DateTimeFormat, iso: string): string {
  const time = Date.parse(iso)
  return Number.isNaN(time) ? iso : format.format(time)
}
