import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlError from "@effect/sql/SqlError"
import { Effect, Option, Predicate, Schema } from "effect"
import type { BigIntStats } from "node:fs"
import { statSync } from "node:fs"
import { ofAnyCopy } from "../../domain/ofAnyCopy.ts"

/**
 * Checks that the files a connection has open are still those under their names.
 *
 * SQLite goes on with files that were deleted or replaced: nobody else ever sees
 * what it commits then. A restore does that under a worker, and so does any code of
 * the process that reads the database file and closes it, since that drops all
 * locks of the process on it (POSIX): the next program that closes the database
 * takes itself for the last one, and deletes the WAL.
 */
export interface DatabaseFile {
  /** The files as they were opened. */
  readonly files: Option.Option<DatabaseFiles>
  /**
   * Runs an effect on the connection, and checks the files before it answers. Once
   * they are not those that were opened, this effect and all that follow fail.
   */
  readonly guard: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | SqlError.SqlError, R>
}

/** A database by the paths of its files, and what those are, by path. */
export interface DatabaseFiles {
  readonly file: string
  readonly wal: string
  readonly identities: Readonly<Record<string, string>>
}

/** For a connection whose database has no files. */
export const noFile: DatabaseFile = { files: Option.none(), guard: (effect) => effect }

/** The file of a database, or its WAL, is not the one that was opened. */
class DatabaseReplaced extends Schema.TaggedError<DatabaseReplaced>()("DatabaseReplaced", { file: Schema.String }) {
  override get message() {
    return `${this.file} was deleted or replaced while it was open; what was written last may be in no file that others `
      + "see; start the process again"
  }
}

/** True for the failure of a connection whose database was replaced, whichever copy of the package watches it. */
export const isDatabaseReplaced = ofAnyCopy(DatabaseReplaced)

/** The path of the file that this connection has open; undefined for a database in memory. */
const pathOf = (connection: SqlConnection.Connection): Effect.Effect<string | undefined, SqlError.SqlError> =>
  Effect.map(
    connection.executeValues("SELECT file FROM pragma_database_list WHERE name = 'main'", []),
    ([database]) => {
      const path = database?.[0]
      return Predicate.isString(path) && path !== "" ? path : undefined
    }
  )

/** The path of the file that this client has open; undefined for a database in memory. */
export const databasePath = (sql: SqlClient.SqlClient): Effect.Effect<string | undefined, SqlError.SqlError> =>
  Effect.scoped(Effect.flatMap(sql.reserve, pathOf))

/** Watches the files of the database that this connection has open. One in memory has none. */
export const watchDatabaseFile = (
  connection: SqlConnection.Connection
): Effect.Effect<DatabaseFile, SqlError.SqlError> =>
  Effect.gen(function*() {
    // The first read opens the WAL.
    yield* connection.executeValues("SELECT count(*) FROM sqlite_master", [])
    const file = yield* pathOf(connection)
    if (file === undefined) return noFile

    const wal = `${file}-wal`
    const cannotLook = (cause: unknown) =>
      new SqlError.SqlError({ cause, message: "The database's files cannot be looked at" })
    const [opened, walAtFirst] = yield* Effect.try({
      try: () => [identityOf(file), identityOf(wal)] as const,
      catch: cannotLook
    })
    let openedWal = walAtFirst
    let replaced: SqlError.SqlError | undefined
    const refuse = (path: string) => {
      replaced = new SqlError.SqlError({
        cause: new DatabaseReplaced({ file: path }),
        message: "The database was replaced"
      })
      return replaced
    }
    /** A database that the app has switched to another journal mode is right to have no WAL. */
    const walIsGone = Effect.flatMap(connection.executeValues("PRAGMA journal_mode", []), ([row]) => {
      if (row?.[0] === "wal") return refuse(wal)
      openedWal = undefined
      return Effect.void
    })
    /** Nothing if the files are those that were opened. */
    const look = (): Effect.Effect<void, SqlError.SqlError> | undefined => {
      try {
        if (!areSame(identityOf(file), opened)) return refuse(file)
        const found = identityOf(wal)
        // A database that is only read, or that keeps a rollback journal, has none at first.
        openedWal ??= found
        return areSame(found, openedWal) ? undefined : walIsGone
      } catch (cause) {
        return cannotLook(cause)
      }
    }
    const files = { file, wal, identities: { [file]: inWords(opened), [wal]: inWords(openedWal) } }
    return {
      files: Option.some(files),
      guard: (effect) =>
        Effect.suspend(() =>
          replaced ?? Effect.flatMap(effect, (answer) => {
            const trouble = look()
            return trouble === undefined ? Effect.succeed(answer) : Effect.as(trouble, answer)
          })
        )
    }
  })

type Identity = Pick<BigIntStats, "dev" | "ino"> | undefined

/**
 * Device and inode, which stay while a file is open and change when another
 * takes its name. Asking takes 4 us of CPU, and drops no lock.
 */
export const identityOf = (path: string): Identity => statSync(path, { bigint: true, throwIfNoEntry: false })

const areSame = (one: Identity, other: Identity) => one?.ino === other?.ino && one?.dev === other?.dev

/** An identity as text, which the checkpoint thread and the stores of one process compare. */
export const inWords = (identity: Identity) => `${identity?.dev} ${identity?.ino}`
