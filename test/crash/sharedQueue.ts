import type { SqlClient } from "@effect/sql"
import type { Scope } from "effect"
import { Effect, Layer } from "effect"
import { JobQueue } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"
import type { WorkerProcessOptions } from "./workerProcesses.ts"
import { sharedFolder } from "./workerProcesses.ts"

/** A job queue on this file. */
export const queueOn = (database: string) =>
  JobQueue.layer.pipe(Layer.provideMerge(SqliteStore.layer({ filename: database })))

/** Runs a test with a job queue on a file of its own, which worker processes of these settings can share. */
export const inSharedFolder = <A, E>(
  settings: Omit<WorkerProcessOptions, "database" | "locks">,
  test: (settings: WorkerProcessOptions) => Effect.Effect<A, E, JobQueue | SqlClient.SqlClient | Scope.Scope>
) =>
  Effect.gen(function*() {
    const shared = yield* sharedFolder
    return yield* Effect.provide(test({ ...shared, ...settings }), queueOn(shared.database))
  }).pipe(Effect.scoped)

/** Waits until these jobs have ended. */
export const untilFinished = (ids: ReadonlyArray<string>) =>
  Effect.forEach(ids, (id) =>
    JobQueue.get(id).pipe(
      Effect.delay("10 millis"),
      Effect.repeat({ until: (job) => job.finishedAt !== null })
    ))
