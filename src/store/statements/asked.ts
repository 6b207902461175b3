import type * as Statement from "@effect/sql/Statement"
import { Option } from "effect"
import type { Dialect } from "../Differences.ts"
import type { ClaimRequest } from "../JobStore.ts"
import { makePauses } from "./pauses.ts"

/** Makes the table `asked` of the queues that a request names and that are not paused, each with its room; nothing where it names none. */
export const makeAsked = (dialect: Dialect) => {
  const { items, sql } = dialect
  const { isNotPaused } = makePauses(dialect)
  return ({ queues }: Pick<ClaimRequest, "queues">): Statement.Fragment =>
    Option.match(queues, {
      onNone: () => sql.literal(""),
      onSome: (queues) =>
        sql`asked (queue, slots) AS MATERIALIZED (SELECT queue, slots FROM ${
          items({ queue: "text", slots: "int" }, queues.map(({ limit, queue }) => ({ queue, slots: limit })))
        } WHERE ${isNotPaused("queue", "queue")}),`
    })
}
