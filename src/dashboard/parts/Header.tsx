import { useState } from "preact/hooks"
import { useCell } from "../state/Cell.ts"
import { feedState, forget, lastStats, session, troubles } from "../state/page.ts"
import type { Route } from "../state/router.ts"
import { addressOf, jobsAddress } from "../state/router.ts"
import { nextTheme, setTheme, theme } from "../state/theme.ts"
import { tell } from "../state/toasts.ts"
import { searchOf } from "../text/searchQuery.ts"

const views: ReadonlyArray<
  { readonly name: string; readonly href: string; readonly of: ReadonlyArray<Route["view"]> }
> = [
  { name: "Overview", href: "#/", of: ["overview"] },
  { name: "Jobs", href: "#/jobs", of: ["jobs", "job"] },
  { name: "Queues", href: "#/queues", of: ["queues"] },
  { name: "Workers", href: "#/workers", of: ["workers"] },
  { name: "Trouble", href: "#/trouble", of: ["trouble"] }
]

/** The head of every screen: where to go, what to look for, and how the page stands. */
export const Header = ({ onHelp, view }: { readonly view: Route["view"]; readonly onHelp: () => void }) => {
  const known = useCell(session)
  const colours = useCell(theme)
  const found = useCell(troubles).length
  return (
    <header>
      <a class="brand" href="#/">Holdfast</a>
      <nav aria-label="Screens" class="views">
        {views.map(({ href, name, of }) => (
          <a key={name} href={href} aria-current={of.includes(view) ? "page" : undefined}>
            {name}
            {name === "Trouble" && found > 0 ? <span class="count count-bad">{found}</span> : null}
          </a>
        ))}
      </nav>
      <Search />
      <div class="tools">
        <Live />
        {known?.access === "read"
          ? <span class="badge" title="This token can look at everything and change nothing">read-only</span>
          : null}
        <button
          type="button"
          class="quiet icon"
          aria-label={`Colours: ${colours}. Change to ${nextTheme(colours)}`}
          title={`Colours: ${colours}`}
          onClick={() => setTheme(nextTheme(colours))}
        >
          <span aria-hidden="true">{colours === "system" ? "◑" : colours === "light" ? "☼" : "☾"}</span>
        </button>
        <button type="button" class="quiet icon" aria-label="Help and keys" title="Help and keys (?)" onClick={onHelp}>
          <span aria-hidden="true">?</span>
        </button>
        <button type="button" class="quiet" onClick={() => forget("none")}>Leave</button>
      </div>
    </header>
  )
}

const Live = () => {
  const { is } = useCell(feedState)
  const text = is === "live" ? "live" : is === "cut" ? "cut" : "connecting"
  return (
    <span
      class={`live live-${is}`}
      title={is === "live" ? "Events come as they happen" : "The feed of events is not there"}
    >
      <span class="dot" aria-hidden="true"></span>
      {text}
    </span>
  )
}

const Search = () => {
  const [text, setText] = useState("")
  const lanes = useCell(lastStats)?.lanes ?? []
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        const search = searchOf(text, { queues: lanes.map(({ queue }) => queue), kinds: lanes.map(({ kind }) => kind) })
        if (search === null) return tell("bad", "Type the id of a job, a status, a queue or a kind.")
        location.hash = "id" in search ? addressOf({ view: "job", id: search.id }) : jobsAddress(search)
        setText("")
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      }}
    >
      <input
        id="search"
        type="search"
        aria-label="Search by id, status, queue or kind"
        placeholder="Id, status, queue: or kind:   /"
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </form>
  )
}
