import type { ReactNode } from 'react'

export const cell = 'border-t border-line px-4 py-2.5 text-left align-top'

/** A table that scrolls sideways where the screen is narrow. */
export function Table({ name, columns, children }: { name: string; columns: string[]; children: ReactNode }) {
  return (
    <section
      aria-label={name}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
      tabIndex={0}
      className="overflow-x-auto rounded-2xl border border-line bg-surface"
    >
      <table className="w-full text-[0.9375rem]">
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column}
                scope="col"
                className="px-4 py-2.5 text-left text-sm font-medium whitespace-nowrap text-soft"
              >
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}
