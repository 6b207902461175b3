import { useState } from "preact/hooks"
import { tell } from "../state/toasts.ts"

/** Members of one object or array that are shown before the reader asks for more. */
const shownAtFirst = 100

/** Characters of one text that are shown before the reader asks for more. */
const textAtFirst = 2000

/** A JSON value whose objects and arrays can be folded. */
export const JsonTree = ({ label, value }: { readonly label: string; readonly value: unknown }) => (
  <div class="json">
    <button
      type="button"
      class="quiet copy"
      aria-label={`Copy the ${label} as JSON`}
      onClick={() => void copy(JSON.stringify(value, null, 2) ?? "undefined")}
    >
      Copy
    </button>
    <Node name={null} value={value} depth={0} />
  </div>
)

/** Puts a text into the clipboard, and says so. */
export const copy = (text: string): Promise<void> =>
  // It is there only on pages by HTTPS or of this machine.
  navigator.clipboard === undefined
    ? Promise.resolve(tell("bad", "This browser gives the clipboard only to pages of HTTPS."))
    : navigator.clipboard.writeText(text).then(
      () => tell("good", "Copied."),
      () => tell("bad", "The browser did not give access to the clipboard.")
    )

const Node = (
  { depth, name, value }: { readonly name: string | null; readonly value: unknown; readonly depth: number }
) => {
  const [shown, setShown] = useState(shownAtFirst)
  const [isOpen, setOpen] = useState(depth < 2)
  if (typeof value !== "object" || value === null) {
    return (
      <div class="json-leaf">
        <Name name={name} />
        <Leaf value={value} />
      </div>
    )
  }
  const members: ReadonlyArray<readonly [string, unknown]> = Array.isArray(value)
    ? value.map((each, index) => [String(index), each] as const)
    : Object.entries(value)
  const [open, end] = Array.isArray(value) ? ["[", "]"] : ["{", "}"]
  if (members.length === 0) {
    return (
      <div class="json-leaf">
        <Name name={name} />
        <span class="muted">{open}{end}</span>
      </div>
    )
  }
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Name name={name} />
        <span class="muted">{open} {countOf(members.length, Array.isArray(value) ? "item" : "field")} {end}</span>
      </summary>
      {isOpen
        ? (
          <div class="json-members">
            {members.slice(0, shown).map(([key, each]) => <Node key={key} name={key} value={each} depth={depth + 1} />)}
            {members.length > shown
              ? (
                <button type="button" class="quiet" onClick={() => setShown(shown + 1000)}>
                  Show more of {members.length - shown}
                </button>
              )
              : null}
          </div>
        )
        : null}
    </details>
  )
}

const countOf = (count: number, what: string) => count === 1 ? `1 ${what}` : `${count} ${what}s`

const Name = ({ name }: { readonly name: string | null }) =>
  name === null ? null : <span class="json-name">{name}:</span>

const Leaf = ({ value }: { readonly value: unknown }) => {
  const [isWhole, setWhole] = useState(false)
  const text = JSON.stringify(value) ?? "undefined"
  const type = value === null || value === undefined ? "null" : typeof value
  if (text.length <= textAtFirst || isWhole) return <span class={`json-${type}`}>{text}</span>
  return (
    <>
      <span class={`json-${type}`}>{text.slice(0, textAtFirst)}…</span>{" "}
      <button type="button" class="quiet" onClick={() => setWhole(true)}>Show all {text.length} characters</button>
    </>
  )
}
