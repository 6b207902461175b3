import type { RefObject } from "preact"
import { useEffect, useState } from "preact/hooks"
import { rowsNear } from "../text/rowsNear.ts"

/** The most rows in the document at once. */
export const mostRows = 150

const narrow = "(max-width: 719px)"

/** The heights of rows in pixels, which the style sheet has too. */
const heights = { wide: 36, narrow: 64 }

/** Which rows of a long list are near the window, so that only these are in the document. */
export const useWindowOfRows = (body: RefObject<HTMLElement | null>, count: number) => {
  const [media] = useState(() => matchMedia(narrow))
  const [rowHeight, setRowHeight] = useState(media.matches ? heights.narrow : heights.wide)
  const [range, setRange] = useState({ start: 0, end: 60 })
  useEffect(() => {
    let frame: number | undefined
    const look = () => {
      frame = undefined
      const element = body.current
      if (element === null) return
      const next = rowsNear({
        above: -element.getBoundingClientRect().top,
        viewport: window.innerHeight,
        rowHeight,
        count,
        most: mostRows
      })
      setRange((before) => before.start === next.start && before.end === next.end ? before : next)
    }
    const later = () => void (frame ??= requestAnimationFrame(look))
    const onMedia = () => setRowHeight(media.matches ? heights.narrow : heights.wide)
    look()
    window.addEventListener("scroll", later, { passive: true })
    window.addEventListener("resize", later)
    media.addEventListener("change", onMedia)
    return () => {
      if (frame !== undefined) cancelAnimationFrame(frame)
      window.removeEventListener("scroll", later)
      window.removeEventListener("resize", later)
      media.removeEventListener("change", onMedia)
    }
  }, [count, rowHeight])
  return {
    ...range,
    rowHeight,
    /** Scrolls until the row in this place is in the window. */
    reveal: (place: number) => {
      const element = body.current
      if (element === null) return
      const top = element.getBoundingClientRect().top + place * rowHeight
      const head = 110
      const foot = 80
      if (top < head) window.scrollBy(0, top - head)
      else if (top + rowHeight > window.innerHeight - foot) {
        window.scrollBy(0, top + rowHeight - window.innerHeight + foot)
      }
    }
  }
}
