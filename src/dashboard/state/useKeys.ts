import { useEffect, useRef } from "preact/hooks"

/** Keys that do something while a component is shown, by the name of the key. */
export type Keys = Readonly<Record<string, () => void>>

/** True while the reader types into a field, where letters are letters. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement
  && (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT"
    || (target instanceof HTMLInputElement && target.type !== "checkbox"))

/** Listens to keys. Nothing happens while a dialog is open, with a modifier, or, but for Escape, in a field. */
export const useKeys = (keys: Keys): void => {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (document.querySelector("dialog[open]") !== null) return
      if (isTyping(event.target)) {
        if (event.key === "Escape" && event.target instanceof HTMLElement) event.target.blur()
        return
      }
      const run = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined
      if (run === undefined) return
      event.preventDefault()
      run()
    }
    document.addEventListener("keydown", onKey)
    return () => document.removeEventListener("keydown", onKey)
  }, [])
}
