import type { ComponentChildren } from "preact"
import type { Pause } from "../../domain/Pause.ts"
import { jobsAddress } from "../state/router.ts"
import type { Group } from "../text/counts.ts"
import { countText, spanText } from "../text/format.ts"
import { Time } from "./Time.tsx"

/** The pause of a group, from what its lanes say. */
export const pauseOf = (by: "queue" | "kind", group: Group): Pause | null =>
  group.lanes.find((lane) => lane[`${by}Paused`] !== null)?.[`${by}Paused`] ?? null

/** The names of those lanes of a group that another pause keeps from running. */
const otherPauses = (by: "queue" | "kind", group: Group): ReadonlyArray<string> => {
  const other = by === "queue" ? "kind" : "queue"
  return group.lanes.filter((lane) => lane[`${other}Paused`] !== null).map((lane) => lane[other])
}

/** The counts of each queue or kind. */
export const GroupTable = (
  { actions, by, groups, over }: {
    readonly by: "queue" | "kind"
    readonly groups: ReadonlyArray<Group>
    readonly over: number
    readonly actions?: (group: Group) => ComponentChildren
  }
) => {
  const lately = `in ${spanText(over)}`
  return (
    <div class="card flush">
      <table class="groups">
        <thead>
          <tr>
            <th scope="col">{by === "queue" ? "Queue" : "Kind"}</th>
            <th scope="col" class="number">Due</th>
            <th scope="col" class="number">Scheduled</th>
            <th scope="col" class="number">Running</th>
            <th scope="col" class="number">Oldest due</th>
            <th scope="col" class="number" title={`Succeeded ${lately}`}>Succeeded</th>
            <th scope="col" class="number" title={`Failed ${lately}`}>Failed</th>
            {actions === undefined ? null : (
              <th scope="col">
                <span class="unseen">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => {
            const pause = pauseOf(by, group)
            const others = otherPauses(by, group)
            const scheduled = Math.max(0, group.pending.count - group.due.count)
            return (
              <tr key={group.name}>
                <th scope="row">
                  <a href={jobsAddress({ [by]: group.name })} class="name">{group.name}</a>
                  {pause === null ? null : (
                    <span class="badge badge-wait">
                      paused <Time at={pause.pausedAt} />
                      {pause.pausedBy === null ? "" : ` by ${pause.pausedBy}`}
                    </span>
                  )}
                  {pause !== null || others.length === 0
                    ? null
                    : (
                      <span class="badge badge-wait">
                        {by === "queue" ? "kind" : "queue"} {others[0]}
                        {others.length > 1 ? ` and ${others.length - 1} more` : ""} paused
                      </span>
                    )}
                </th>
                <td class="number" data-label="Due">{countText(group.due)}</td>
                <td class="number" data-label="Scheduled">
                  {countText({ count: scheduled, isMore: group.pending.isMore })}
                </td>
                <td class="number" data-label="Running">
                  {countText(group.running)}
                  {group.stale.count === 0
                    ? null
                    : <span class="bad" title="Their leases are over">{` +${countText(group.stale)} stale`}</span>}
                </td>
                <td class="number" data-label="Oldest due">
                  <Time at={group.oldestDueAt} />
                </td>
                <td class="number" data-label="Succeeded">{countText(group.succeeded)}</td>
                <td class={`number${group.failed.count > 0 ? " bad" : ""}`} data-label="Failed">
                  {countText(group.failed)}
                </td>
                {actions === undefined ? null : <td class="actions">{actions(group)}</td>}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
