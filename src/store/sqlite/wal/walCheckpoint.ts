import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import type { Scope } from "effect"
import { Duration, Effect, Either, LogLevel, Metric, Option, Runtime } from "effect"
import { statSync } from "node:fs"
import { readable } from "../../../domain/readableError.ts"
import { line } from "../../../platform/line.ts"
import type { DatabaseFiles } from "../databaseFile.ts"
import type { Checkpoint } from "./checkpointThread.ts"
import { CheckpointThread } from "./checkpointThread.ts"
import { guardTelemetry, updateMetric } from "../../guardTelemetry.ts"
import { monotonicNanos } from "../../../platform/monotonic.ts"
import { walSize } from "../../walSize.ts"
import { sharedByCopies } from "../sharedByCopies.ts"
import { makeWalReports } from "./walReports.ts"

/*
 * Keeps a WAL small without blocking the event loop.
 *
 * At the commit that takes a WAL over 4 MiB SQLite copies it into the database,
 * which takes some 20 ms, and the WAL begins anew. A reader that stays keeps it
 * from that, and the WAL grows until the reader goes; then the next commit copies
 * all of it and blocks the loop: 0.7 s for 500 MiB. So once a WAL is longer than it
 * should be, commits leave it alone, and a thread does the work.
 */

const MiB = 1024 * 1024

/** Twice what SQLite lets it grow to, and as much as a commit can copy in less than 50 ms. */
const longestWal = 8 * MiB

/** The most that a commit may cut off a WAL that begins anew: shortening a file takes time, 0.3 s for 500 MiB. */
const longestToShorten = 32 * MiB

/** The pause between two checkpoints of a WAL that stays long. */
const pause = Duration.seconds(10)

/** Keeps the WAL of one connection's database small. */
export interface WalCheckpoint {
  /** Looks at the WAL, then runs an effect on the connection. */
  readonly before: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | SqlError.SqlError, R>
  /** Looks at the WAL alone. For a worker's housekeeping, since no statement may come for a long time. */
  readonly tidy: Effect.Effect<void>
}

/** For a database without a WAL, or with one that is not ours to keep small. */
export const noWal: WalCheckpoint = { before: (effect) => effect, tidy: Effect.void }

/** Identifies a client: everything that wraps one keeps its `reserve`. */
type Client = Pick<SqlClient.SqlClient, "reserve">

const ofClients = sharedByCopies<Client["reserve"], WalCheckpoint>("holdfast/store/walCheckpoints")

/** Makes this what `tidyWal` does for the client. */
export const setWalCheckpoint = ({ reserve }: Client, checkpoint: WalCheckpoint): void =>
  void ofClients.set(reserve, checkpoint)

/** Looks at the WAL of the client's database, if that is ours to keep small. */
export const tidyWal = ({ reserve }: Client): Effect.Effect<void> => (ofClients.get(reserve) ?? noWal).tidy

/**
 * Keeps the WAL of a database small that this connection has open, until the
 * scope closes. No timer does: what is written next finds the WAL too long.
 */
export const keepWalSmall = (
  connection: SqlConnection.Connection,
  files: Option.Option<DatabaseFiles>
): Effect.Effect<WalCheckpoint, SqlError.SqlError, Scope.Scope> =>
  Option.match(files, { onNone: () => Effect.succeed(noWal), onSome: (files) => make(connection, files) })

const make = (connection: SqlConnection.Connection, files: DatabaseFiles) =>
  Effect.gen(function*() {
    const thread = yield* CheckpointThread
    const reports = makeWalReports(files.file, longestWal)
    // In the background, and in nobody's transaction, trace or log annotations.
    const scope = yield* Effect.scope
    const runFork = Runtime.runFork(yield* Effect.runtime())
    let isAsking = false
    let mayAskAt: bigint | undefined
    let hasThread = false
    /** Commits leave the WAL alone. */
    let isForThread = false
    /** The pages after which a commit of the app's connection makes a checkpoint. */
    let pages = 1000

    const applied = new Map<string, number>()
    const set = (name: string, value: number) =>
      applied.get(name) === value ? Effect.void : Effect.map(
        connection.executeUnprepared(`PRAGMA ${name} = ${value}`, [], undefined),
        () => void applied.set(name, value)
      )
    const readPages = Effect.map(
      Effect.suspend(() => connection.executeUnprepared("PRAGMA wal_autocheckpoint", [], undefined)),
      ([row]) => {
        pages = Number(Object.values(row ?? {})[0])
        applied.set("wal_autocheckpoint", pages)
      }
    )
    /** The connection's 0 was set here, not by the app. It stays until the next statement, even once `isForThread` is false. */
    const isTurnedOff = () => applied.get("wal_autocheckpoint") === 0 && pages !== 0
    yield* set("journal_size_limit", longestWal)

    const showSize = Effect.suspend(() =>
      updateMetric(Metric.tagged(walSize, "database", files.file), lengthOf(files.wal))
    )

    const inThread = (checkpoint: Checkpoint) =>
      Effect.gen(function*() {
        const answer = yield* Effect.either(checkpoint(files))
        // A commit may copy what is left, unless that is much, as behind a reader.
        isForThread = Either.isRight(answer) && answer.right.left > longestWal
        yield* showSize
        yield* Either.match(answer, { onLeft: reports.threadFailed, onRight: reports.checkpointed })
      })

    const answered = Effect.map(monotonicNanos, (now) => {
      mayAskAt = now + Duration.unsafeToNanos(pause)
      isAsking = false
    })

    const ask = Effect.gen(function*() {
      const now = yield* monotonicNanos
      if (isAsking || (mayAskAt !== undefined && now < mayAskAt)) return
      if (!isTurnedOff()) yield* readPages
      // With 0 the app sees to checkpoints by itself, as with a tool that copies the WAL elsewhere. Another may have asked meanwhile.
      if (pages === 0 || isAsking) return
      const checkpoint = thread.find()
      hasThread = Option.isSome(checkpoint)
      isAsking = true
      isForThread = hasThread
      const inBackground = Option.match(checkpoint, { onNone: () => reports.noThread, onSome: inThread })
      runFork(guardTelemetry(Effect.zipRight(inBackground, answered)), { scope })
    })

    const tend = (size: number) =>
      Effect.gen(function*() {
        if (size > longestWal) yield* ask
        else if (!isAsking) isForThread = false
        yield* set("wal_autocheckpoint", isForThread ? 0 : pages)
        yield* set("journal_size_limit", hasThread && size > longestToShorten ? -1 : longestWal)
      })

    const before: WalCheckpoint["before"] = (effect) => {
      const size = lengthOf(files.wal)
      const isWell = size <= longestWal && applied.get("wal_autocheckpoint") !== 0
      return isWell ? effect : Effect.zipRight(tend(size), effect)
    }
    const tidy = Effect.catchAll(
      Effect.suspend(() => before(showSize)),
      (error) => line(LogLevel.Debug, "The WAL was not looked at", { error: readable(() => String(error.cause)) })
    )
    return { before, tidy }
  })

/** 0 if the file cannot be looked at: the watch on the database's files reports that. */
const lengthOf = (path: string) => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0
  } catch {
    return 0
  }
}
