import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as FileSystem from "@effect/platform/FileSystem"
import type { Duration } from "effect"
import { DateTime, Effect, Either, Layer, Option, Schema } from "effect"
import type { Job, Worker } from "../index.ts"
import { InvalidOption, JobQueue, StoreError } from "../index.ts"
import { SqliteStore } from "../sqlite.ts"
import type { Reader, Settings } from "./settings.ts"
import { count, limit, port, span } from "./settings.ts"

const flag = <A>(name: string, value: string, read: Reader<A>, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName(value),
    Options.withDescription(description),
    Options.mapEffect((text) =>
      Either.mapLeft(
        read(text.trim()),
        (problem) => ValidationError.invalidValue(HelpDoc.p(`--${name}: ${problem}`))
      )
    ),
    Options.optional
  )

/** The flags of `pnpm start`. What a flag says goes before what the environment says. */
export const flags = {
  concurrency: flag("concurrency", "number", count, "Most jobs at once (HOLDFAST_CONCURRENCY, 10)"),
  pollInterval: flag(
    "poll-interval",
    "span",
    span,
    "How often to look for jobs that nothing announced (HOLDFAST_POLL_INTERVAL, 5 seconds)"
  ),
  staleCheckInterval: flag(
    "stale-check-interval",
    "span",
    span,
    "How often to free jobs whose worker died (HOLDFAST_STALE_CHECK_INTERVAL, 1 minute)"
  ),
  maxJobs: flag(
    "max-jobs",
    "number",
    limit,
    "Claim no more than this in all, and end when they have settled; 0 for no end"
  ),
  http: flag(
    "http",
    "port",
    port,
    "Serve BrandBrain's HTTP API on this port, 0 for any that is free (HTTP_PORT, not served)"
  ),
  once: Options.boolean("once").pipe(
    Options.withDescription("Claim once, at most as many jobs as may run at once, and end when they have settled")
  ),
  dryRun: Options.boolean("dry-run").pipe(
    Options.withDescription("Log the due jobs that would be claimed, in claim order; write nothing")
  )
}

/** The flags as they were given. */
export interface Flags {
  readonly concurrency: Option.Option<number>
  readonly pollInterval: Option.Option<Duration.Duration>
  readonly staleCheckInterval: Option.Option<Duration.Duration>
  /** None within if it was said that there is none. */
  readonly maxJobs: Option.Option<Option.Option<number>>
  readonly http: Option.Option<number>
  readonly once: boolean
  readonly dryRun: boolean
}

/** A worker's options, from the flags and the environment. */
export const workerOptions = <const Jobs extends ReadonlyArray<Job.Any>>(
  jobs: Jobs,
  flags: Flags,
  settings: Settings
): Worker.Options<Jobs> & Worker.Limits => ({
  jobs,
  concurrency: Option.getOrElse(flags.concurrency, () => settings.concurrency),
  pollInterval: Option.getOrElse(flags.pollInterval, () => settings.pollInterval),
  staleCheckInterval: Option.getOrElse(flags.staleCheckInterval, () => settings.staleCheckInterval),
  heartbeatInterval: settings.heartbeatInterval,
  leaseDuration: settings.leaseDuration,
  shutdownGrace: settings.shutdownGrace,
  logLevel: settings.logLevel,
  logErrors: settings.logErrors,
  once: flags.once,
  ...Option.match(Option.flatten(flags.maxJobs), { onNone: () => ({}), onSome: (maxJobs) => ({ maxJobs }) })
})

/** By which flag and which variable an option of the worker is given. */
const givenBy: Readonly<Record<string, readonly [flag: keyof Flags | undefined, variable: string]>> = {
  concurrency: ["concurrency", "HOLDFAST_CONCURRENCY"],
  pollInterval: ["pollInterval", "HOLDFAST_POLL_INTERVAL"],
  staleCheckInterval: ["staleCheckInterval", "HOLDFAST_STALE_CHECK_INTERVAL"],
  heartbeatInterval: [undefined, "HOLDFAST_HEARTBEAT_INTERVAL"],
  leaseDuration: [undefined, "HOLDFAST_LEASE_DURATION"],
  shutdownGrace: [undefined, "HOLDFAST_SHUTDOWN_GRACE"]
}

/** Names the flag or the variable that an option of the worker was given by. */
export const asGiven = (flags: Flags) => ({ allowed, given, option }: InvalidOption): InvalidOption => {
  const [flag, variable] = givenBy[option] ?? [undefined, option]
  const asFlag: unknown = flag === undefined ? undefined : flags[flag]
  const isFlag = flag !== undefined && Option.isOption(asFlag) && Option.isSome(asFlag)
  return new InvalidOption({
    option: isFlag ? `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}` : variable,
    given,
    allowed: option === "heartbeatInterval" ? `${allowed} (HOLDFAST_LEASE_DURATION)` : allowed
  })
}

/** The database was there, and its due jobs could not be read. Nothing was changed. */
class DatabaseUnreadable extends Schema.TaggedError<DatabaseUnreadable>()("DatabaseUnreadable", {
  filename: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    const reason = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return `The database at ${this.filename} cannot be read: ${reason}`
  }
}

/** Only the words tell that a database was never a worker's. */
const isWithoutTables = (error: unknown) =>
  error instanceof StoreError && error.message.includes("no tables of Holdfast in this database yet")

/** Logs the due jobs that a worker with these options would claim now, in claim order. Opens the database to read only. */
export const dryRun = (
  { concurrency = 10, jobs, maxJobs = Infinity }: Worker.Options<ReadonlyArray<Job.Any>> & Worker.Limits,
  { busyTimeout, database: { filename } }: Settings
) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    if (filename === ":memory:" || !(yield* files.exists(filename))) {
      return yield* Effect.logInfo(`There is no database at ${filename}, so nothing is due`)
    }
    const due = yield* JobQueue.due({ jobs, limit: Math.min(concurrency, maxJobs) }).pipe(
      Effect.provide(JobQueue.layer.pipe(Layer.provide(SqliteStore.layer({ filename, busyTimeout, readonly: true })))),
      Effect.asSome,
      Effect.catchIf(isWithoutTables, () => Effect.succeedNone),
      Effect.mapError((cause) => new DatabaseUnreadable({ filename, cause }))
    )
    if (Option.isNone(due)) {
      return yield* Effect.logInfo(`The database at ${filename} has no tables of Holdfast's yet, so nothing is due`)
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
