import { useCell } from "../state/Cell.ts"
import { session } from "../state/page.ts"
import { Dialog } from "./Dialog.tsx"

const keys: ReadonlyArray<readonly [string, string]> = [
  ["/", "Search"],
  ["j", "Next job of the list"],
  ["k", "The one before"],
  ["Enter", "Open it"],
  ["x", "Select it, or not"],
  ["Escape", "Leave a field, close a dialog, clear the selection"],
  ["w", "The workers"],
  ["?", "This help"]
]

/** The keys of the page, and what its search reads. */
export const Help = ({ onClose }: { readonly onClose: () => void }) => {
  const known = useCell(session)
  return (
    <Dialog title="Help" onClose={onClose}>
      <dl class="keys">
        {keys.map(([key, does]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </>
        ))}
      </dl>
      <p>
        The search takes the id of a job, or words such as{" "}
        <code>failed queue:mail kind:email.welcome partition:acme key:brand-7 error:"mailbox full"</code>. A text with
        spaces stands in quotation marks. An error is found by a part of its text; among failed jobs it is found
        soonest.
      </p>
      <p class="muted">
        The address in your browser has the whole view, so it can be sent to somebody, without the token. Times are
        relative; point at one for the instant.
      </p>
      {known === null
        ? null
        : <p class="muted">Holdfast {known.version}{known.database === null ? "" : ` on ${known.database}`}.</p>}
      <div class="buttons end">
        <button type="button" class="primary" onClick={onClose}>Close</button>
      </div>
    </Dialog>
  )
}
