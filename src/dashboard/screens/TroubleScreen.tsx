import { Empty } from "../parts/States.tsx"
import { Time } from "../parts/Time.tsx"
import type { Stats } from "../../domain/Stats.ts"
import { useCell } from "../state/Cell.ts"
import { missedEvents, troubles } from "../state/page.ts"
import { addressOf, jobsAddress } from "../state/router.ts"
import type { Polled } from "../state/usePolled.ts"
import { countText } from "../text/format.ts"
import type { TroubleType } from "../text/trouble.ts"
import { troubleTypes } from "../text/trouble.ts"

const types = Object.keys(troubleTypes) as ReadonlyArray<TroubleType>

/** What went wrong beneath the jobs: leases lost, rescues, zombies. */
export const TroubleScreen = (
  { stats, type }: { readonly type: TroubleType | null; readonly stats: Polled<Stats> }
) => {
  const all = useCell(troubles)
  const missed = useCell(missedEvents)
  const stale = (stats.value?.lanes ?? []).filter((lane) => lane.stale.count > 0)
  const shown = type === null ? all : all.filter((trouble) => trouble.type === type)
  return (
    <>
      {stale.length === 0 ? null : (
        <section class="card notice-bad" aria-labelledby="stale-now">
          <h2 id="stale-now">Leases that are over now</h2>
          <p>
            Their workers are dead, blocked or cut off from the database. The next sweep of any worker frees the jobs.
          </p>
          <ul>
            {stale.map((lane) => (
              <li key={JSON.stringify([lane.queue, lane.kind])}>
                <b>{countText(lane.stale)}</b> of{" "}
                <a href={jobsAddress({ status: "running", queue: lane.queue, kind: lane.kind })}>{lane.kind}</a> in{" "}
                {lane.queue}
              </li>
            ))}
          </ul>
        </section>
      )}
      <nav class="segments wrap" aria-label="The type of trouble">
        <a href={addressOf({ view: "trouble", type: null })} aria-current={type === null ? "true" : undefined}>
          All <span class="count">{all.length}</span>
        </a>
        {types.map((each) => (
          <a
            key={each}
            href={addressOf({ view: "trouble", type: each })}
            aria-current={type === each ? "true" : undefined}
          >
            {troubleTypes[each].title}{" "}
            <span class="count">{all.filter((trouble) => trouble.type === each).length}</span>
          </a>
        ))}
      </nav>
      {type === null ? null : <p class="muted">{troubleTypes[type].help}</p>}
      {missed === 0 ?
        null :
        (
          <p class="notice">
            Some events passed while this page was cut off or too slow, so this list may be short. The log of each
            worker has them all.
          </p>
        )}
      {shown.length === 0
        ? (
          <Empty title="No trouble so far">
            <p>
              This lists leases lost, refused outcomes, zombies and rescues of the process that serves this page. What
              other processes meet is in their logs and metrics; a job's own page shows its rescues from wherever they
              came.
            </p>
          </Empty>
        )
        : (
          <ol class="troubles">
            {shown.map(({ at, attempt, jobId, key, kind, text, type, worker }) => (
              <li key={key} class="card trouble">
                <div class="trouble-head">
                  <span class={`badge ${type === "heartbeat" ? "badge-wait" : "badge-bad"}`}>
                    {troubleTypes[type].name}
                  </span>
                  <a href={addressOf({ view: "job", id: jobId })}>{kind}</a>
                  {attempt === null ? null : <span class="muted">attempt {attempt}</span>}
                  <span class="push">
                    <Time at={at} />
                  </span>
                </div>
                <p>{text}</p>
                <p class="muted mono small">{worker}</p>
              </li>
            ))}
          </ol>
        )}
    </>
  )
}
