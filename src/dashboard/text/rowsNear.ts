/** Rows beyond each edge of the window, so that none is missing while it scrolls. */
const beyond = 15

/** The rows, from `start` up to before `end`, that are in the window or near it; `above` are pixels of the list over its upper edge. */
export const rowsNear = (
  { above, count, most, rowHeight, viewport }: {
    readonly above: number
    readonly viewport: number
    readonly rowHeight: number
    readonly count: number
    readonly most: number
  }
): { readonly start: number; readonly end: number } => {
  const first = Math.floor(above / rowHeight) - beyond
  const rows = Math.min(most, Math.ceil(viewport / rowHeight) + 2 * beyond)
  const start = Math.max(0, Math.min(first, count - rows))
  return { start, end: Math.min(count, start + rows) }
}
