import type { Mutant } from "../Mutant.ts"
import { bySeed } from "../Mutant.ts"

const byRequest = "src/store/statements/byRequest.ts"
const pauses = "src/store/statements/pauses.ts"

/** What people do beside a fleet: edits, deletes and pauses, which the simulation's checker must tell from wrong ones. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "In a fleet, jobs of a paused kind are claimed",
    file: "src/store/statements/claim.ts",
    find: "(${allKinds(request)} WHERE ${isNotPaused(\"kind\", \"kind\")})",
    replace: "(${allKinds(request)} WHERE ${isNotPaused(\"kind\", \"kind\")} OR TRUE)",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a worker of every queue claims from a paused one",
    file: "src/store/statements/inOrder.ts",
    find: "AND j.kind IN (SELECT kind FROM named) AND ${isNotPaused(\"queue\", \"j.queue\")}",
    replace: "AND j.kind IN (SELECT kind FROM named) AND (${isNotPaused(\"queue\", \"j.queue\")} OR TRUE)",
    killedBy: bySeed(4)
  },
  {
    name: "In a fleet, a worker that names its queues claims from a paused one",
    file: "src/store/statements/asked.ts",
    find: "} WHERE ${isNotPaused(\"queue\", \"queue\")}),`",
    replace: "} WHERE ${isNotPaused(\"queue\", \"queue\")} OR TRUE),`",
    killedBy: bySeed(52)
  },
  {
    name: "In a fleet, a worker looks for the jobs of a paused queue",
    file: "src/store/statements/inOrder.ts",
    find: "? isNotPaused(\"queue\", \"j.queue\")",
    replace: "? sql`(${isNotPaused(\"queue\", \"j.queue\")} OR TRUE)`",
    killedBy: bySeed(8)
  },
  {
    name: "In a fleet, a second pause moves the instant of the first",
    file: pauses,
    find: "DO UPDATE SET name = holdfast_pauses.name",
    replace: "DO UPDATE SET paused_at = excluded.paused_at",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, what was not paused is said to be resumed",
    file: pauses,
    find: "(deleted) => deleted.length > 0",
    replace: "(deleted) => deleted.length >= 0",
    killedBy: bySeed(15)
  },
  {
    name: "In a fleet, a list of pauses begins with those of queues",
    file: pauses,
    find: "FROM ${pausesTable} ORDER BY scope, name`",
    replace: "FROM ${pausesTable} ORDER BY scope DESC, name`",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a running job is edited",
    file: byRequest,
    find: "WHERE id = ${id} AND ${visible(partitionKey)} AND status = 'pending' RETURNING id`)",
    replace: "WHERE id = ${id} AND ${visible(partitionKey)} AND status IN ('pending', 'running') RETURNING id`)",
    killedBy: bySeed(9)
  },
  {
    name: "In a fleet, an edit that names no instant makes the job due",
    file: byRequest,
    find: "? sql.literal(\"available_at\")",
    replace: "? now",
    killedBy: bySeed(214)
  },
  {
    name: "In a fleet, an edit that names no priority makes it 0",
    file: byRequest,
    find: "priority = ${priority === undefined ? sql.literal(\"priority\") : sql`${priority}`}",
    replace: "priority = ${priority === undefined ? sql.literal(\"0\") : sql`${priority}`}",
    killedBy: bySeed(214)
  },
  {
    name: "In a fleet, a running job is deleted",
    file: byRequest,
    find: "AND status <> 'running' RETURNING id, status`)",
    replace: "RETURNING id, status`)",
    killedBy: bySeed(4)
  },
  {
    name: "In a fleet, a delete answers another status than the job had",
    file: byRequest,
    find: "if (deleted !== undefined) return deleted.status",
    replace: "if (deleted !== undefined) return deleted.status === \"failed\" ? \"cancelled\" : deleted.status",
    killedBy: bySeed(236)
  }
]
