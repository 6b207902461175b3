import { Reactivity } from "@effect/experimental"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Context, Duration, Effect, ExecutionStrategy, Exit, Layer, Schedule, Scope } from "effect"
import { StoreError } from "../domain/errors.ts"
import type { JobStore } from "./JobStore.ts"
import type { Synchronous } from "./SqlJobStore.ts"
import * as SqlJobStore from "./SqlJobStore.ts"
import { immediateTransaction, isBusy } from "./transactions.ts"

/** How to open a SQLite database. */
export interface Options {
  /** The path of the file, made with its folder when missing, or ":memory:". */
  readonly filename: string
  /** What a commit waits for; `full` unless given, so that no crash loses what was acknowledged. */
  readonly synchronous?: Synchronous | undefined
  /**
   * How long a statement outside a transaction waits for another process's write
   * lock; 50 ms unless given. The wait blocks the whole process, so keep it
   * short. Transactions, and all that Holdfast does, wait without blocking.
   */
  readonly busyTimeout?: Duration.DurationInput | undefined
}

/**
 * A SQLite file with the jobs in it, as one layer: the job store, and the
 * SqlClient for the app's own tables, so that both share transactions.
 *
 * The client's `withTransaction` takes the write lock when it begins and waits
 * for it up to 5 s without blocking, and a COMMIT that fails is a typed error.
 */
export const layer = (
  options: Options
): Layer.Layer<JobStore | SqlClient.SqlClient | SqliteClient.SqliteClient, StoreError> =>
  SqlJobStore.layer({ synchronous: options.synchronous }).pipe(
    Layer.provideMerge(Layer.scopedContext(open(options)))
  )

const open = (options: Options) =>
  Effect.gen(function*() {
    if (options.filename !== ":memory:") yield* makeFolder(options.filename)
    const client = yield* connect(options.filename)
    const busyTimeout = Duration.toMillis(options.busyTimeout ?? "50 millis")
    yield* client`PRAGMA busy_timeout = ${client.literal(String(Math.round(busyTimeout)))}`
    const immediate = Object.assign(client, { withTransaction: immediateTransaction(client) })
    return Context.make(SqliteClient.SqliteClient, immediate).pipe(Context.add(SqlClient.SqlClient, immediate))
  }).pipe(
    Effect.mapError((cause) => new StoreError({ operation: `open ${options.filename}`, cause }))
  )

const makeFolder = (filename: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* files.makeDirectory(path.dirname(filename), { recursive: true })
  }).pipe(Effect.provide(NodeContext.layer))

/**
 * The driver throws when it cannot open the file, and when another process is
 * just turning it into a WAL file, which no busy timeout waits for.
 */
const connect = (filename: string) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const outer = yield* Effect.scope
      const scope = yield* Scope.fork(outer, ExecutionStrategy.sequential)
      return yield* restore(SqliteClient.make({ filename })).pipe(
        Scope.extend(scope),
        Effect.catchAllDefect(Effect.fail),
        Effect.tapErrorCause((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
    })
  ).pipe(
    Effect.retry({
      while: isBusy,
      schedule: Schedule.spaced("20 millis").pipe(Schedule.jittered, Schedule.upTo("10 seconds"))
    }),
    Effect.provide(Reactivity.layer)
  )
