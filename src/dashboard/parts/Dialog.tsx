import type { ComponentChildren } from "preact"
import { useEffect, useId, useRef } from "preact/hooks"

/** A dialog over the page. The browser keeps the focus inside, and gives it back when it closes. */
export const Dialog = (
  { children, onClose, title }: {
    readonly title: string
    readonly onClose: () => void
    readonly children: ComponentChildren
  }
) => {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = element.current
    const from = document.activeElement
    dialog?.showModal()
    return () => {
      dialog?.close()
      if (from instanceof HTMLElement && from.isConnected) from.focus()
    }
  }, [])
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === element.current) onClose()
      }}
    >
      <div class="dialog">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}

/** Asks before something is done. The way back has the focus. */
export const Confirm = (
  { children, isBusy, label, onClose, onConfirm, title, tone }: {
    readonly title: string
    readonly label: string
    readonly tone: "plain" | "danger"
    readonly isBusy?: boolean
    readonly onConfirm: () => void
    readonly onClose: () => void
    readonly children: ComponentChildren
  }
) => (
  <Dialog title={title} onClose={onClose}>
    {children}
    <div class="buttons end">
      <button type="button" onClick={onClose} autofocus>Keep as it is</button>
      <button
        type="button"
        class={tone === "danger" ? "danger" : "primary"}
        disabled={isBusy === true}
        onClick={onConfirm}
      >
        {label}
      </button>
    </div>
  </Dialog>
)
