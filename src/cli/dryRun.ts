import * as FileSystem from "@effect/platform/FileSystem"
import { DateTime, Effect, Layer, Option, Predicate, Schema } from "effect"
import type { DueJob, Job, Worker } from "../index.ts"
import { JobQueue } from "../index.ts"
import { nameOf } from "../store/databaseUrl.ts"
import type { Settings } from "./settings.ts"
import { storeOf } from "./storeOf.ts"

/** Logs the due jobs that a worker with these options would claim now, in claim order. Changes nothing in the database. */
export const dryRun = (
  { concurrency = 10, jobs, maxJobs = Infinity, queues }: Worker.Options<ReadonlyArray<Job.Any>> & Worker.Limits,
  settings: Settings
) =>
  Effect.gen(function*() {
    const { database } = settings
    const name = nameOf(database)
    const files = yield* FileSystem.FileSystem
    if (database.database === "sqlite" && (name === ":memory:" || !(yield* files.exists(name)))) {
      return yield* Effect.logInfo(`There is no database at ${name}, so nothing is due`)
    }
    const most = Math.min(concurrency, maxJobs)
    const asked = queues === undefined ? { limit: most } : { limit: mostRead, queues: Object.keys(queues) }
    const due = yield* JobQueue.due({ jobs, ...asked }).pipe(
      Effect.map((due) => withinLimits(due, queues).slice(0, most)),
      Effect.provide(JobQueue.layer.pipe(Layer.provide(storeOf(settings, { readonly: true })))),
      Effect.asSome,
      Effect.catchIf(isWithoutTables, () => Effect.succeedNone),
      Effect.mapError((cause) => new DatabaseUnreadable({ name, cause }))
    )
    if (Option.isNone(due)) {
      return yield* Effect.logInfo(`The database at ${name} has no tables of Holdfast's yet, so nothing is due`)
    }
    yield* Effect.forEach(due.value, (job) =>
      Effect.annotateLogs(Effect.logInfo("Would claim"), {
        jobId: job.id,
        kind: job.kind,
        queue: job.queue,
        priority: job.priority,
        dueSince: Option.getOrElse(
          Option.map(DateTime.make(job.availableAt), DateTime.formatIso),
          () => job.availableAt
        )
      }), { discard: true })
    yield* Effect.annotateLogs(Effect.logInfo("Dry run: nothing was claimed"), { due: due.value.length })
  })

/** Jobs that are read where a queue may take less than its jobs: as many as a claim can take. */
const mostRead = 1000

/** The jobs that are left when no queue has more than its limit. */
const withinLimits = (
  due: ReadonlyArray<DueJob>,
  limits: Worker.Options<ReadonlyArray<Job.Any>>["queues"]
): ReadonlyArray<DueJob> => {
  const taken = new Map<string, number>()
  return due.filter(({ queue }) => {
    const limit = limits?.[queue] ?? Infinity
    const before = taken.get(queue) ?? 0
    taken.set(queue, before + 1)
    return before < (typeof limit === "number" ? limit : limit.concurrency)
  })
}

/** The database exists, but its due jobs could not be read. Nothing was changed. */
class DatabaseUnreadable extends Schema.TaggedError<DatabaseUnreadable>()("DatabaseUnreadable", {
  name: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    const reason = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return `The database at ${this.name} cannot be read: ${reason}`
  }
}

/** Only the message tells that no worker has used the database yet. */
const isWithoutTables = (error: unknown) =>
  Predicate.isTagged(error, "StoreError") && Predicate.hasProperty(error, "message")
  && String(error.message).includes("no tables of Holdfast in this database yet")
