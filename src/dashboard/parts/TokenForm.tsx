import { useState } from "preact/hooks"
import { useCell } from "../state/Cell.ts"
import { enter, refused } from "../state/page.ts"
import { useTitle } from "../state/useTitle.ts"

/** Asks for the token. */
export const TokenForm = () => {
  const why = useCell(refused)
  const [text, setText] = useState("")
  useTitle("Token")
  return (
    <main class="door">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() !== "") enter(text.trim())
        }}
      >
        <h1>Holdfast</h1>
        <label>
          Token
          <input
            type="password"
            autocomplete="current-password"
            autofocus
            required
            aria-invalid={why === "refused"}
            aria-describedby="token-help"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {why === "refused" ? <p class="bad" role="alert">The server does not take this token.</p> : null}
        <p id="token-help" class="muted">
          It is in the server's settings, or in the address that the server prints when it starts. It is kept until this
          tab is closed.
        </p>
        <button type="submit" class="primary">Open</button>
      </form>
    </main>
  )
}
