import { assert, describe, it } from "@effect/vitest"
import { Effect, Struct } from "effect"
import { JobQueue, JobStore } from "holdfast"
import { workerBeat } from "../../../src/testing/conformance/StoreUnderTest.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { databaseIn, messagesIn, runProgram } from "../runProgram.ts"
import { onFile, onQueue, valueOf } from "./onQueue.ts"

const workers = (folder: string, ...args: ReadonlyArray<string>) => runProgram(folder, ["holdfast", "workers", ...args])

/** A live worker of every queue, one that drains, and one whose last beat was ten minutes ago. */
const three = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  yield* onQueue(
    folder,
    Effect.flatMap(JobStore, (store) =>
      Effect.forEach([
        workerBeat({ worker: "a:1:aa", kinds: ["mail", "report"], running: 2 }),
        workerBeat({ worker: "b:2:bb", isDraining: true, queues: [{ queue: "slow", concurrency: 3 }] }),
        workerBeat({ worker: "c:3:cc" })
      ], store.beatWorker))
  )
  onFile(
    folder,
    (database) =>
      database.prepare("UPDATE holdfast_workers SET beat_at = beat_at - 600000 WHERE worker = 'c:3:cc'").run()
  )
  return folder
})

describe("pnpm holdfast workers", () => {
  it.scopedLive("lists live workers before dead ones, with what each runs and claims", () =>
    Effect.gen(function*() {
      const { code, complained, said } = yield* workers(yield* three)
      assert.deepStrictEqual([code, complained], [0, []])
      assert.match(said[0] ?? "", /^WORKER +STATE +LAST BEAT +RUNNING +KINDS +QUEUES +VERSION +STARTED$/)
      assert.match(said[1] ?? "", /^a:1:aa +live +\d+s ago +2\/10 +mail, report +every queue +1\.2\.3 +\d{4}-\S+Z$/)
      assert.match(said[2] ?? "", /^b:2:bb +draining +\d+s ago +0\/10 +email +slow \(3\) +1\.2\.3/)
      assert.match(said[3] ?? "", /^c:3:cc +dead +10m(?: \d+s)? ago +0\/10 +email +every queue/)
      assert.lengthOf(said, 4)
    }))

  it.scopedLive("answers with all that is known of each as JSON, and says where there is none", () =>
    Effect.gen(function*() {
      const folder = yield* three
      const known = yield* onQueue(folder, JobQueue.workers)
      assert.lengthOf(known, 3)
      const told = valueOf<{ readonly workers: typeof known; readonly isWhole: boolean }>(
        yield* workers(folder, "--json")
      )
      assert.isTrue(told.isWhole)
      // Some time has passed between the two.
      for (const [index, { sinceBeat }] of known.entries()) {
        assert.isAtLeast(told.workers[index]?.sinceBeat ?? -1, sinceBeat)
      }
      const lasting = (all: typeof known) => all.map((worker) => Struct.omit(worker, "sinceBeat"))
      assert.deepStrictEqual(lasting(told.workers), JSON.parse(JSON.stringify(lasting(known))))
      onFile(folder, (database) => database.exec("DELETE FROM holdfast_workers"))
      assert.deepStrictEqual((yield* workers(folder)).said, ["No workers"])
    }))

  it.scopedLive("says that there may be more than the thousand that it lists", () =>
    Effect.gen(function*() {
      const folder = yield* three
      onFile(folder, (database) =>
        database.exec(`
          WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 997)
          INSERT INTO holdfast_workers
            (worker, host, pid, version, started_at, beat_at, beat_every, kinds, queues, concurrency, running, draining)
          SELECT worker || i, host, pid, version, started_at, beat_at, beat_every, kinds, queues, concurrency, running,
            draining
          FROM holdfast_workers, n WHERE worker = 'a:1:aa'`))
      const { said } = yield* workers(folder)
      assert.lengthOf(said, 1 + 1000 + 1)
      assert.strictEqual(said.at(-1), "There may be more workers than these.")
      assert.isFalse(valueOf<{ readonly isWhole: boolean }>(yield* workers(folder, "--json")).isWhole)
    }))

  it.scopedLive("fails for a database that is not there", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { code, complained, said } = yield* workers(folder)
      assert.deepStrictEqual([code, said], [1, []])
      assert.include(messagesIn(complained)[0], `There is no database at ${databaseIn(folder)}. Make one:`)
    }))
})
