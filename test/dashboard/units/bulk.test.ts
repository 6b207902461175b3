import { assert, describe, it } from "vitest"
import { actOnFilter, countJobs } from "../../../src/dashboard/api/bulk.ts"
import { ApiError } from "../../../src/dashboard/api/client.ts"
import type { Fate } from "../../../src/dashboard/api/wire.ts"
import { filterText } from "../../../src/dashboard/text/filterText.ts"
import { fakeClient } from "./fakeClient.ts"

const done = (id: string, status: "pending" | "cancelled" | "running" = "pending"): Fate => ({ id, done: true, status })

const refused = (id: string, error: string, message: string): Fate => ({ id, done: false, error, message })

/** A client that answers these pages of fates, one after the other. */
const answering = (
  ...pages: ReadonlyArray<{ readonly fates: ReadonlyArray<Fate>; readonly cursor: string | null } | Error>
) => {
  let next = 0
  return fakeClient(() => pages[next++])
}

describe("an action on every job of a filter", () => {
  it("begins where the count did, goes on past a page without jobs, and counts the fates", async () => {
    const { asked, client } = answering(
      { fates: [done("a"), refused("b", "unique_key_taken", "taken")], cursor: "c1" },
      { fates: [], cursor: "c2" },
      {
        fates: [done("d"), refused("e", "job_not_matching", "changed"), refused("f", "unique_key_taken", "taken")],
        cursor: null
      }
    )
    const told: Array<number> = []
    const tally = await actOnFilter(
      client,
      "retry",
      { status: "failed", queue: undefined, error: "50 %" },
      "from:c0",
      (jobs) => told.push(jobs)
    )
    assert.deepStrictEqual(asked, [
      `POST jobs/actions {"action":"retry","filter":{"status":"failed","error":"50 %"},"cursor":"from:c0"}`,
      `POST jobs/actions {"action":"retry","filter":{"status":"failed","error":"50 %"},"cursor":"c1"}`,
      `POST jobs/actions {"action":"retry","filter":{"status":"failed","error":"50 %"},"cursor":"c2"}`
    ])
    assert.deepStrictEqual(told, [2, 2, 5])
    assert.deepStrictEqual(tally, { done: 2, asked: 0, skipped: 1, refused: new Map([["taken", 2]]), stopped: null })
  })

  it("says so where the filter is empty, and tells the running jobs of a cancel apart", async () => {
    const { asked, client } = answering({ fates: [done("a", "running"), done("b", "cancelled")], cursor: null })
    const tally = await actOnFilter(client, "cancel", { kind: undefined }, null, () => {})
    assert.deepStrictEqual(asked, [`POST jobs/actions {"action":"cancel","filter":{"all":true}}`])
    assert.deepStrictEqual([tally.done, tally.asked], [2, 1])
  })

  it("ends with the request that fails, and keeps what was done", async () => {
    const { asked, client } = answering(
      { fates: [done("a")], cursor: "c1" },
      new ApiError(503, "unavailable", "The database does not answer.")
    )
    const tally = await actOnFilter(client, "delete", { kind: "a" }, null, () => {})
    assert.deepStrictEqual([tally.done, tally.stopped, asked.length], [1, "The database does not answer.", 2])
  })
})

describe("a count of a filter", () => {
  it("asks for the jobs of the filter, and for those that an action can change", async () => {
    const { asked, client } = fakeClient(() => ({ count: 3, isMore: false }))
    await countJobs(client, {})
    await countJobs(client, { status: "failed", uniqueKey: "a&b" }, "retry")
    assert.deepStrictEqual(asked, ["GET count", "GET count?status=failed&uniqueKey=a%26b&action=retry"])
  })

  it("is confirmed with the filter in words", () => {
    assert.strictEqual(filterText({}), "")
    assert.strictEqual(
      filterText({ error: "mailbox \"full\"", status: "failed", uniqueKey: "k" }),
      "status failed, unique key \"k\", error \"mailbox \\\"full\\\"\""
    )
  })
})
