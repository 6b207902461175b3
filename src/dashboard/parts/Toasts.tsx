import { useCell } from "../state/Cell.ts"
import { close, toasts } from "../state/toasts.ts"

/** The short messages at the edge of the page. */
export const Toasts = () => {
  const shown = useCell(toasts)
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map(({ key, text, tone, undo }) => (
        <div key={key} class={`toast toast-${tone}`}>
          <span class="toast-text">{text}</span>
          {undo === undefined ? null : (
            <button
              type="button"
              onClick={() => {
                close(key)
                undo.run()
              }}
            >
              {undo.label}
            </button>
          )}
          <button type="button" class="quiet" aria-label="Close this message" onClick={() => close(key)}>✕</button>
        </div>
      ))}
    </div>
  )
}
