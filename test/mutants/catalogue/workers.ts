import type { Mutant } from "../Mutant.ts"

const conformance = ["test/store/conformance.test.ts"]
const byRow = ["test/runtime/workerRow.test.ts"]
const bounded = ["test/runtime/boundedEnd.test.ts"]
const byExplain = ["test/runtime/explain.test.ts"]
const statements = "src/store/statements/workers.ts"
const row = "src/runtime/worker/workerRow.ts"
const domain = "src/domain/WorkerRecord.ts"

/** The rows of workers: that they are written, judged and deleted, and disturb nothing. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A later beat of a worker is not written",
    file: statements,
    find: "version = excluded.version, beat_at = excluded.beat_at,",
    replace: "version = excluded.version,",
    killedBy: conformance
  },
  {
    name: "A beat moves the start of its worker",
    file: statements,
    find: "version = excluded.version, beat_at = excluded.beat_at,",
    replace: "version = excluded.version, beat_at = excluded.beat_at, started_at = excluded.beat_at,",
    killedBy: conformance
  },
  {
    name: "A worker is taken for dead after a single interval",
    file: statements,
    find: "\"(beat_every * 3.0 + 5000)\"",
    replace: "\"(beat_every * 1.0 + 5000)\"",
    killedBy: conformance
  },
  {
    name: "A worker is taken for live whatever its last beat",
    file: statements,
    find: "truth(sql`${now} <= ${lastsUntil}`)",
    replace: "truth(sql`${now} >= ${now} OR ${now} <= ${lastsUntil}`)",
    killedBy: conformance
  },
  {
    name: "Dead workers are listed before live ones",
    file: statements,
    find: "ORDER BY \"isLive\" DESC, started_at, worker",
    replace: "ORDER BY \"isLive\", started_at, worker",
    killedBy: conformance
  },
  {
    name: "Forgetting a worker leaves its row",
    file: statements,
    find: "DELETE FROM ${workersTable} WHERE worker = ${worker}",
    replace: "DELETE FROM ${workersTable} WHERE worker = ${worker} AND FALSE",
    killedBy: conformance
  },
  {
    name: "The rows of dead workers are kept for ever",
    file: statements,
    find: "DELETE FROM ${workersTable} WHERE ${keptUntil} < ${now}",
    replace: "DELETE FROM ${workersTable} WHERE FALSE AND ${keptUntil} < ${now}",
    killedBy: conformance
  },
  {
    name: "The row of a live worker that beats seldom is deleted",
    file: statements,
    find: "const keptUntil = later(lastsUntil, int(keptFor))",
    replace: "const keptUntil = later(sql.literal(\"beat_at\"), int(keptFor))",
    killedBy: conformance
  },
  {
    name: "A worker that is long dead is shown until its row is deleted",
    file: statements,
    find: "FROM ${workersTable} WHERE ${now} <= ${keptUntil} ORDER BY",
    replace: "FROM ${workersTable} WHERE ${now} <= ${keptUntil} OR ${keptUntil} < ${now} ORDER BY",
    killedBy: conformance
  },
  {
    name: "A worker does not delete the rows of dead ones",
    file: "src/runtime/maintenance/maintenance.ts",
    find: "Effect.zipRight(pruneWorkers(store)),",
    replace: "",
    killedBy: byRow
  },
  {
    name: "A worker beats once and not again",
    file: row,
    find: "yield* Effect.zipRight(beatOnce, Effect.timeoutOption(Queue.take(asked), every)).pipe(",
    replace:
      "yield* Effect.zipRight(beatOnce, Effect.timeoutOption(Queue.take(asked), Duration.times(every, 1e6))).pipe(",
    killedBy: byRow
  },
  {
    name: "A worker that ends leaves its row",
    file: row,
    find: "if (last === undefined) return Effect.void",
    replace: "if (last === undefined || worker !== \"\") return Effect.void",
    killedBy: byRow
  },
  {
    name: "A worker that ends deletes its row while a beat is under way, and does not wait for that",
    file: row,
    find: "Effect.zipRight(Deferred.await(last.ended), store.forgetWorker(worker))",
    replace: "last.sentAt < 0 ? Deferred.await(last.ended) : store.forgetWorker(worker)",
    killedBy: byRow
  },
  {
    name: "A worker that ends waits for a store that has not answered its last beat for long",
    file: row,
    find: "last?.isUnderWay === true ? now - last.sentAt : 0",
    replace: "last?.isUnderWay === true ? Math.min(0, now - last.sentAt) : 0",
    killedBy: bounded
  },
  {
    name: "A beat waits for its answer for half a minute",
    file: row,
    find: "const beatMayTake = Duration.seconds(5)",
    replace: "const beatMayTake = Duration.seconds(30)",
    killedBy: byRow
  },
  {
    name: "A failure that lasts is logged at every beat",
    file: row,
    find: "const isNew = !logged.has(String(error))",
    replace: "const isNew = !logged.has(String(error)) || logged.size > 0",
    killedBy: byRow
  },
  {
    name: "A worker that leaves jobs behind deletes its row",
    file: "src/runtime/worker/drain.ts",
    find: "if (!slots.isBusy && Duration.toMillis(waitsFor) > 0)",
    replace: "if (Duration.toMillis(waitsFor) > 0)",
    killedBy: byRow
  },
  {
    name: "A worker waits longer than its grace for its row to be deleted",
    file: "src/runtime/worker/drain.ts",
    find: "isLate), waitsFor)",
    replace: "isLate), Duration.max(waitsFor, Duration.infinity))",
    killedBy: byRow
  },
  {
    name: "A second signal does not shorten the wait of an idle worker for its row",
    file: "src/runtime/worker/drain.ts",
    find: "Effect.raceFirst(row.forget, isLate)",
    replace: "Effect.raceFirst(row.forget, Effect.zipRight(isLate, Effect.never))",
    killedBy: bounded
  },
  {
    name: "A worker does not report at once that it drains",
    file: "src/runtime/worker/drain.ts",
    find: "yield* row.beatNow yield* log.draining",
    replace: "yield* log.draining",
    killedBy: byRow
  },
  {
    name: "A worker at its limit of claims is shown as one that claims",
    file: "src/runtime/worker/workerReport.ts",
    find: "isDraining: slots.areDraining || hasClaimedAll,",
    replace: "isDraining: slots.areDraining || hasClaimedAll && settings.concurrency < 0,",
    killedBy: byRow
  },
  {
    name: "A worker at its limit of claims reports that at its next beat only",
    file: "src/runtime/worker/workerLoop.ts",
    find: "Effect.zipRight(Effect.when(row.beatNow, () => slots.isBusy)),",
    replace: "",
    killedBy: byRow
  },
  {
    name: "A worker reports how many jobs it may run, and not how many it runs",
    file: "src/runtime/worker/workerReport.ts",
    find: "running: slots.taken",
    replace: "running: settings.concurrency",
    killedBy: byRow
  },
  {
    name: "A dead worker is taken for one that claims a job",
    file: domain,
    find: "worker.isLive && !worker.isDraining && listsLane(worker, lane)",
    replace: "!worker.isDraining && listsLane(worker, lane)",
    killedBy: byExplain
  },
  {
    name: "A worker that was told to end is taken for one that claims a job",
    file: domain,
    find: "worker.isLive && !worker.isDraining && listsLane(worker, lane)",
    replace: "worker.isLive && listsLane(worker, lane)",
    killedBy: byExplain
  },
  {
    name: "A worker of another queue is taken for one that claims a job",
    file: domain,
    find: "kinds.includes(kind) && (queues === null || queues.some((one) => one.queue === queue))",
    replace: "kinds.includes(kind) && (queues === null || queue !== \"\")",
    killedBy: byExplain
  }
]
