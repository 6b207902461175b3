import { assert, describe, it } from "@effect/vitest"
import { Cause, FiberId, HashMap, List, LogLevel } from "effect"
import { terminalLine } from "../../src/cli/terminalLine.ts"

const ofJob = {
  jobId: "01a225d4-c13d-77f1-8e02-9f2dc93d8145",
  kind: "brandbrain.compile",
  worker: "vm:1:2",
  attempt: 1
}

const line = (
  message: string,
  annotations: Readonly<Record<string, unknown>>,
  { columns = 80, level = LogLevel.Info, isColoured = false } = {}
) =>
  terminalLine({
    message,
    annotations: HashMap.fromIterable(Object.entries(annotations)),
    cause: Cause.empty,
    context: undefined as never,
    date: new Date(2026, 10, 29, 5, 44, 0),
    fiberId: FiberId.none,
    logLevel: level,
    spans: List.empty()
  }, { columns, isColoured })

describe("a line of the log on a terminal", () => {
  it("is the time of day, the end of the job's id, its kind, what happened and how long it took", () => {
    assert.strictEqual(
      line("Job succeeded", { ...ofJob, took: "20s 508ms" }),
      "05:44:00 d8145 brandbrain.compile Job succeeded in 20s 508ms"
    )
  })

  it("leaves out the ids that machines made, and what does not fit, the least telling first", () => {
    const refreshed = {
      ...ofJob,
      source: "instagram.posts",
      apify_run_id: "cb3b5f43e61e12eb4bccad4091b558bd",
      compileRunId: "1f7c5348-0fd8-4478-be2b-3ef2659f25e6",
      brandId: "quillhaven",
      normalized_created: 6
    }
    assert.strictEqual(
      line("Source refreshed", refreshed),
      "05:44:00 d8145 brandbrain.compile Source refreshed instagram.posts"
    )
    assert.strictEqual(
      line("Source refreshed", refreshed, { columns: 120 }),
      "05:44:00 d8145 brandbrain.compile Source refreshed instagram.posts normalized_created=6 brandId=quillhaven"
    )
  })

  const warning = (message: string, annotations: Readonly<Record<string, unknown>>, columns = 80) =>
    line(message, annotations, { level: LogLevel.Warning, columns })

  it("that warns has a word for it, and a second line for what it knows and has no room for, but for ids", () => {
    const annotations = { ...ofJob, attempt: 2, error: "StoreError: no answer in time" }
    assert.strictEqual(
      warning("Heartbeat failed, trying again", annotations),
      "05:44:00 d8145 brandbrain.compile WARN Heartbeat failed, trying again\n"
        + "         error=StoreError: no answer in time attempt=2"
    )
    assert.strictEqual(
      warning("Heartbeat failed, trying again", annotations, 120),
      "05:44:00 d8145 brandbrain.compile WARN Heartbeat failed, trying again error=StoreError: no answer in time attempt=2"
    )
  })

  it("that warns is wrapped by words, and what stands behind it is cut, so that no terminal breaks it", () => {
    const long = warning("A job's row refuses a write and is left out for a minute, and then tried again as before", {
      ...ofJob,
      error: "no ".repeat(100)
    })
    assert.strictEqual(
      long,
      "05:44:00 d8145 brandbrain.compile WARN A job's row refuses a write and is left\n"
        + "         out for a minute, and then tried again as before\n"
        + `         error=${"no ".repeat(21)}…`
    )
    for (const each of long.split("\n")) assert.isBelow(each.length, 80)
  })

  it("that tells of an error has all that it knows, in one piece to be copied", () => {
    const text = "no ".repeat(100).trim()
    assert.include(line("Failed", { ...ofJob, error: text }, { level: LogLevel.Error }), `Failed error=${text}`)
  })

  it("has escape sequences only where colours are wanted", () => {
    const escape = String.fromCharCode(27)
    assert.notInclude(line("Job failed", ofJob, { level: LogLevel.Error }), escape)
    assert.include(line("Job failed", ofJob, { level: LogLevel.Error, isColoured: true }), `${escape}[31mERROR`)
  })
})
