import { useState } from "preact/hooks"
import type { Pause } from "../../domain/Pause.ts"
import type { Stats } from "../../domain/Stats.ts"
import { Confirm } from "../parts/Dialog.tsx"
import { GroupTable, pauseOf } from "../parts/GroupTable.tsx"
import { Empty, Failure, Loading } from "../parts/States.tsx"
import { Time } from "../parts/Time.tsx"
import { asApiError } from "../api/client.ts"
import { pause, resume, undoPause } from "../api/pauses.ts"
import { useCell } from "../state/Cell.ts"
import { client, session } from "../state/page.ts"
import { addressOf } from "../state/router.ts"
import { tell } from "../state/toasts.ts"
import type { Polled } from "../state/usePolled.ts"
import { usePolled } from "../state/usePolled.ts"
import { groupBy } from "../text/counts.ts"
import { instantText } from "../text/format.ts"

type Scope = Pause["scope"]

const nameKey = "holdfast.by"

/** The queues or the kinds, and what pauses them. */
export const Queues = (
  { by, find, stats }: { readonly by: Scope; readonly find: string; readonly stats: Polled<Stats> }
) => {
  const canWrite = useCell(session)?.access === "full"
  const [asked, setAsked] = useState<{ readonly scope: Scope; readonly name: string | null } | null>(null)
  const pauses = usePolled<{ readonly pauses: ReadonlyArray<Pause> }>("pauses", {
    load: (signal) => client.ask("GET", "pauses", undefined, signal),
    // No event tells of a pause.
    concerns: () => false,
    least: 3000,
    most: 9000
  })
  const changed = () => {
    stats.look()
    pauses.look()
  }
  const saying = async (say: () => Promise<void>) => {
    try {
      await say()
    } catch (error) {
      tell("bad", asApiError(error).message)
    }
    changed()
  }
  const pauseAs = (scope: Scope, name: string, who: string) =>
    saying(async () => {
      const { isNew, pause: made } = await pause(client, { scope, name }, who)
      if (isNew) {
        return tell("good", `The ${scope} ${name} is paused.`, { label: "Undo", run: () => void undo(made) })
      }
      const by = made.pausedBy === null ? "" : ` by ${made.pausedBy}`
      tell(
        "good",
        `The ${scope} ${name} was already paused${by}, since ${instantText(made.pausedAt)}. Nothing was changed.`
      )
    })
  const undo = (made: Pause) =>
    saying(async () => {
      const isUndone = await undoPause(client, made)
      tell(
        isUndone ? "good" : "bad",
        isUndone
          ? `The ${made.scope} ${made.name} is resumed.`
          : `Somebody has resumed the ${made.scope} ${made.name} since, so nothing was changed.`
      )
    })
  const resumeNow = (scope: Scope, name: string) =>
    saying(async () => {
      const isResumed = await resume(client, { scope, name })
      tell("good", isResumed ? `The ${scope} ${name} is resumed.` : `The ${scope} ${name} was not paused.`)
    })
  const button = (scope: Scope, name: string, isPaused: boolean) =>
    canWrite
      ? (
        <button
          type="button"
          aria-label={`${isPaused ? "Resume" : "Pause"} the ${scope} ${name}`}
          onClick={() => isPaused ? void resumeNow(scope, name) : setAsked({ scope, name })}
        >
          {isPaused ? "Resume" : "Pause"}
        </button>
      )
      : null

  if (stats.value === null) {
    return stats.error === null ? <Loading what="the queues" /> : <Failure error={stats.error} onRetry={stats.look} />
  }
  const groups = groupBy(by, stats.value.lanes).filter(({ name }) => name.toLowerCase().includes(find.toLowerCase()))
  const shown = new Set(
    groupBy(by, stats.value.lanes).filter((group) => pauseOf(by, group) !== null).map(({ name }) => name)
  )
  const others = (pauses.value?.pauses ?? []).filter(({ name, scope }) => scope !== by || !shown.has(name))
  return (
    <>
      <div class="section-head">
        <nav class="segments" aria-label="Queues or kinds">
          <a href={addressOf({ view: "queues", by: "queue", find })} aria-current={by === "queue" ? "true" : undefined}>
            Queues
          </a>
          <a href={addressOf({ view: "queues", by: "kind", find })} aria-current={by === "kind" ? "true" : undefined}>
            Kinds
          </a>
        </nav>
        <div class="buttons">
          <input
            type="search"
            class="narrow"
            aria-label={by === "queue" ? "Show queues whose names contain" : "Show kinds whose names contain"}
            placeholder="Name contains…"
            value={find}
            onInput={(event) => {
              history.replaceState(null, "", addressOf({ view: "queues", by, find: event.currentTarget.value }))
              window.dispatchEvent(new HashChangeEvent("hashchange"))
            }}
          />
          {canWrite
            ? <button type="button" onClick={() => setAsked({ scope: by, name: null })}>Pause by name…</button>
            : null}
        </div>
      </div>
      {groups.length === 0
        ? (
          <Empty title={find === "" ? "No jobs yet" : `No ${by} with “${find}” in its name`}>
            <p>
              {find === ""
                ? "A queue shows here once it has a job that waits, runs or ended lately."
                : "Only those are listed that have a job which waits, runs or ended lately."}
            </p>
          </Empty>
        )
        : (
          <GroupTable
            by={by}
            groups={groups}
            over={stats.value.over}
            actions={(group) => button(by, group.name, pauseOf(by, group) !== null)}
          />
        )}
      {others.length === 0 ? null : (
        <section aria-labelledby="other-pauses">
          <h2 id="other-pauses">Other pauses</h2>
          <ul class="card plain-list">
            {others.map(({ name, pausedAt, pausedBy, scope }) => (
              <li key={`${scope} ${name}`}>
                <span>
                  The {scope} <b>{name}</b> has been paused since <Time at={pausedAt} />
                  {pausedBy === null ? "" : ` by ${pausedBy}`}.
                </span>
                {button(scope, name, true)}
              </li>
            ))}
          </ul>
        </section>
      )}
      {asked === null ? null : (
        <PauseDialog
          {...asked}
          onClose={() => setAsked(null)}
          onPause={(name, who) => {
            setAsked(null)
            void pauseAs(asked.scope, name, who)
          }}
        />
      )}
    </>
  )
}

/** Asks before a pause; for the name too, where none is given: a queue may have no jobs yet. */
const PauseDialog = (
  { name, onClose, onPause, scope }: {
    readonly scope: Scope
    readonly name: string | null
    readonly onClose: () => void
    readonly onPause: (name: string, who: string) => void
  }
) => {
  const [who, setWho] = useState(localStorage.getItem(nameKey) ?? "")
  const [typed, setTyped] = useState("")
  const paused = name ?? typed.trim()
  return (
    <Confirm
      title={`Pause ${name === null ? `a ${scope}` : `the ${scope} ${name}`}?`}
      label="Pause"
      tone="plain"
      isBusy={paused === ""}
      onClose={onClose}
      onConfirm={() => {
        localStorage.setItem(nameKey, who.trim())
        onPause(paused, who.trim())
      }}
    >
      <p>No worker claims its jobs until it is resumed, also after a restart. Jobs that run go on.</p>
      {name !== null ? null : (
        <label>
          Name of the {scope}
          <input type="text" maxLength={255} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
        </label>
      )}
      <label>
        Your name, for others to read
        <input type="text" maxLength={255} value={who} onInput={(event) => setWho(event.currentTarget.value)} />
      </label>
    </Confirm>
  )
}
