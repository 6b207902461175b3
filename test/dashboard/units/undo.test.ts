import { assert, describe, it } from "vitest"
import { ApiError } from "../../../src/dashboard/api/client.ts"
import { putBack, undoOf } from "../../../src/dashboard/api/undo.ts"
import type { Action, Fate, JobSummary } from "../../../src/dashboard/api/wire.ts"
import { editChange, editFields } from "../../../src/dashboard/text/editChange.ts"
import { fakeClient } from "./fakeClient.ts"
import { job } from "./job.ts"

const now = 100_000

const undo = (action: Action, jobs: ReadonlyArray<JobSummary>, status: "cancelled" | "pending" | "running") => {
  const retried: Array<readonly [ReadonlyArray<string>, number | undefined]> = []
  const { asked, client } = fakeClient(() => job())
  const found = undoOf({
    action,
    client,
    jobs,
    now,
    fates: jobs.map(({ id }): Fate => ({ id, done: true, status })),
    retry: (ids, availableAt) => {
      retried.push([ids, availableAt])
      return Promise.resolve(ids.map((id): Fate => ({ id, done: true, status: "pending" })))
    }
  })
  return { asked, found, retried }
}

describe("the undo of a cancel", () => {
  it("gives a job that is due later its due time in the write that retries it", async () => {
    const { asked, found, retried } = undo("cancel", [job({ id: "a/b", availableAt: now + 1 })], "cancelled")
    assert.strictEqual(found?.jobs, 1)
    assert.deepStrictEqual(await found?.run(), [{ id: "a/b", done: true, status: "pending" }])
    assert.deepStrictEqual([asked, retried], [[], [[["a/b"], now + 1]]])
  })

  it("retries those of many that were pending: together if they were due, and to their times if not", async () => {
    const jobs = [
      job({ id: "due", availableAt: now }),
      job({ id: "later", availableAt: now + 1 }),
      job({ id: "ran", status: "running" }),
      job({ id: "last", availableAt: now + 2 }),
      job({ id: "with it", availableAt: now + 1 })
    ]
    const { found, retried } = undo("cancel", jobs, "cancelled")
    assert.strictEqual(found?.jobs, 4)
    assert.deepStrictEqual((await found?.run())?.map(({ id }) => id), ["due", "later", "with it", "last"])
    assert.deepStrictEqual(retried, [[["due"], undefined], [["later", "with it"], now + 1], [["last"], now + 2]])
  })
})

describe("the undo of a run now", () => {
  it("gives jobs their due times again, and is not there for those that were due", async () => {
    assert.strictEqual(undo("run-now", [job({ availableAt: now })], "pending").found, null)
    const { asked, found } = undo("run-now", [job({ id: "a/b", availableAt: now + 5 })], "pending")
    assert.deepStrictEqual(await found?.run(), [{ id: "a/b", done: true, status: "pending" }])
    assert.deepStrictEqual(asked, ["GET jobs/a%2Fb", `PATCH jobs/a%2Fb {"availableAt":${now + 5}}`])
  })

  it("says which jobs it could not restore", async () => {
    const { client } = fakeClient(() => new ApiError(409, "job_not_pending", "it runs"))
    const fate = await putBack(client, job({ id: "j" }), { priority: 1 })
    assert.deepStrictEqual(fate, { id: "j", done: false, error: "job_not_pending", message: "it runs" })
  })

  it("changes nothing if an attempt began since, and says so", async () => {
    const { asked, client } = fakeClient(() => job({ attempts: 3 }))
    const fate = await putBack(client, job({ attempts: 2 }), { priority: 1 })
    assert.deepStrictEqual([fate.done, asked.length], [false, 1])
    assert.include(fate.done ? "" : fate.message, "An attempt of the job began")
  })

  it("says why the server refused it", async () => {
    const { client } = fakeClient(() => new ApiError(404, "job_not_found", "gone"))
    assert.deepStrictEqual(await putBack(client, job({ id: "j" }), {}), {
      id: "j",
      done: false,
      error: "job_not_found",
      message: "gone"
    })
  })
})

describe("an edit", () => {
  const opened = { availableAt: 1_700_000_000_123, priority: 2 }
  const shown = editFields(opened)

  it("has what was typed, and nothing else", () => {
    assert.deepStrictEqual(editChange(opened, shown), {})
    assert.deepStrictEqual(editChange(opened, { ...shown, priority: "9" }), { priority: 9 })
    assert.deepStrictEqual(editChange(opened, { ...shown, due: "2030-01-02T03:04:05" }), {
      availableAt: new Date("2030-01-02T03:04:05").getTime()
    })
  })

  it("is not there where a field cannot be read", () => {
    for (const fields of [{ due: "" }, { priority: "" }, { priority: "1.5" }, { priority: "x" }]) {
      assert.strictEqual(editChange(opened, { ...shown, ...fields }), null)
    }
  })
})
