import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { datasets } from "../../../src/brandbrain/actors/recorded/datasets.ts"
import type { CompileStatus } from "../../../src/brandbrain/compile/compileStatus.ts"
import { actors, apifyServer, aRun } from "../actors/apifyServer.ts"
import type { Asked } from "../actors/apifyServer.ts"
import type { Started } from "../../processes/startProcess.ts"
import { startProcess } from "../../processes/startProcess.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { runProgram } from "../../program/runProgram.ts"

const program = join(import.meta.dirname, "../../../dist/start/main.js")
const token = "apify_api_S3nt1nel"

/** A platform of which every run goes on until it is let end, and a folder to start programs in that use it. */
const setUp = Effect.gen(function*() {
  const platform = actors(
    Object.fromEntries(Object.entries(datasets).map(([actorId, items]) => [actorId, { items }])),
    token
  )
  let ending = false
  const isLook = ({ path }: Asked) => path.startsWith("/v2/actor-runs/")
  const server = yield* apifyServer((asked) =>
    isLook(asked) && !ending
      ? { body: { data: aRun("RUNNING", asked.path.split("/").at(-1)) } }
      : platform(asked)
  )
  const folder = yield* temporaryFolder
  const programs: Array<Pick<Started, "said" | "complained">> = []
  const environment = {
    APIFY_TOKEN: token,
    APIFY_BASE_URL: server.url,
    HOLDFAST_HEARTBEAT_INTERVAL: "400 millis",
    HOLDFAST_STALE_CHECK_INTERVAL: "300 millis",
    HOLDFAST_POLL_INTERVAL: "300 millis",
    HOLDFAST_SHUTDOWN_GRACE: "0 seconds"
  }
  const startWith = (settings: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
    startProcess([program, ...args], { ...environment, ...settings }, folder).pipe(
      Effect.tap((process) => Effect.sync(() => programs.push(process)))
    )
  const start = (...args: ReadonlyArray<string>) => startWith({}, ...args)
  const answer = Effect.fn("answer")(function*(...args: ReadonlyArray<string>) {
    const ran = yield* runProgram(folder, ["brandbrain", ...args], environment)
    programs.push(ran)
    assert.strictEqual(ran.code, 0, ran.complained.join("\n"))
    return JSON.parse(ran.said.join("\n")) as Readonly<Record<string, unknown>>
  })
  return {
    start,
    /** A worker whose jobs are free soon after it was killed. All others hold theirs for so long that no busy machine loses one. */
    startOfShortLease: startWith({ HOLDFAST_LEASE_DURATION: "5 seconds" }),
    answer,
    arrival: server.arrival,
    /** The ids of the runs that were looked at, in order, one for each look. */
    looks: () => server.asked.filter(isLook).map(({ path }) => path.split("/").at(-1) ?? ""),
    letEnd: Effect.sync(() => {
      ending = true
    }),
    starts: () => server.asked.filter(({ method }) => method === "POST").map(({ path }) => path),
    rows: Effect.gen(function*() {
      const sql = yield* SqliteClient.SqliteClient
      return {
        snapshots: yield* sql`SELECT version FROM brandbrain_snapshot`,
        runs: yield* sql`SELECT status FROM brandbrain_apify_run`
      }
    }).pipe(Effect.provide(SqliteClient.layer({ filename: join(folder, "data/holdfast.db") }))),
    /** All that the programs have said and all that they have left in files. */
    left: () => [
      ...programs.flatMap(({ complained, said }) => [...said, ...complained]),
      // Beside the files there is a folder of sockets.
      ...readdirSync(join(folder, "data"), { withFileTypes: true })
        .flatMap((entry) => entry.isFile() ? [readFileSync(join(folder, "data", entry.name), "latin1")] : [])
    ]
  }
})

const messages = ({ said }: Started) => said.map((line) => (JSON.parse(line) as { readonly message: string }).message)

describe.concurrent("a compile whose worker ends while actor runs are under way", () => {
  it.live.each(["SIGKILL", "SIGINT"] as const)(
    "is continued by the next worker: the platform sees one start for each source, and there is one snapshot (%s)",
    (signal) =>
      Effect.gen(function*() {
        const { answer, arrival, left, letEnd, looks, rows, start, startOfShortLease, starts } = yield* setUp
        yield* answer("seed")
        const compileRunId = String((yield* answer("compile", "quillhaven"))["compile_run_id"])

        const first = yield* startOfShortLease
        // Four sources at a time: as many starts, and then a look at each, by which its run has been saved.
        let arrived = 8
        yield* arrival(arrived)
        while (new Set(looks()).size < 4) yield* arrival(++arrived)
        assert.strictEqual(starts().length, 4)
        yield* first.kill(signal)
        assert.deepStrictEqual(
          yield* first.ended,
          signal === "SIGKILL" ? { code: null, signal } : { code: 0, signal: null }
        )
        assert.strictEqual(messages(first).includes("Job handed back"), signal === "SIGINT")
        const lookedAt = looks()
        const underWay = [...new Set(lookedAt)]
        yield* letEnd

        const watching = yield* start("brandbrain", "status", "quillhaven", compileRunId, "--watch")
        const second = yield* start("--max-jobs", "1")
        assert.deepStrictEqual(yield* second.ended, { code: 0, signal: null })
        assert.strictEqual(
          messages(second).filter((message) => message === "Resuming the run of an earlier attempt").length,
          4
        )
        assert.deepStrictEqual(looks().slice(lookedAt.length, lookedAt.length + 4).toSorted(), underWay.toSorted())
        assert.strictEqual(starts().length, 6, second.said.join("\n"))
        assert.strictEqual(new Set(starts()).size, 6)
        const { runs, snapshots } = yield* rows
        assert.deepStrictEqual(snapshots, [{ version: 1 }])
        assert.deepStrictEqual(runs, Array.from({ length: 6 }, () => ({ status: "succeeded" })))

        assert.deepStrictEqual(yield* watching.ended, { code: 0, signal: null })
        const statuses = watching.said.map((line) => JSON.parse(line) as CompileStatus)
        assert.isAbove(statuses.length, 1)
        assert.deepInclude(statuses[0], { status: "RUNNING" })
        const last = statuses.at(-1)
        assert(last?.status === "SUCCEEDED")
        const { failed, refreshed, skipped } = last.evidence_status
        assert.deepStrictEqual([refreshed.length, skipped.length, failed.length], [6, 1, 0])

        for (const text of left()) {
          assert.isFalse(text.includes("S3nt1nel"))
        }
      }).pipe(Effect.scoped),
    180_000
  )
})
