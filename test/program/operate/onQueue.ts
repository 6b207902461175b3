import { Effect, Layer, Logger, LogLevel } from "effect"
import { Job, JobQueue } from "holdfast"
import type { JobStore } from "holdfast"
import { SqliteStore } from "holdfast/sqlite"
import Sqlite from "better-sqlite3"
import type { Database } from "better-sqlite3"
import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { databaseIn } from "../runProgram.ts"
import type { Ran } from "../runProgram.ts"

/** Uses the queue in the database that the program finds in a folder. It is made when missing. */
export const onQueue = <A, E>(folder: string, effect: Effect.Effect<A, E, JobQueue | JobStore>): Effect.Effect<A> =>
  effect.pipe(
    Effect.provide(Layer.provideMerge(JobQueue.layer, SqliteStore.layer({ filename: databaseIn(folder) }))),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.orDie
  )

/** Definitions that only the tests know: the commands know none. */
export const Mail = Job.make("mail")
export const Report = Job.make("report", { queue: "slow" })

/** Claims the newest due job of mail and fails it for good. Answers its id. */
export const failOne = Effect.gen(function*() {
  const [claimed] = yield* JobQueue.claim({ jobs: [Mail], worker: "host:1:aa" })
  if (claimed === undefined) return yield* Effect.dieMessage("no job was due")
  yield* JobQueue.fail(claimed.lease, new Error("the mailbox is full"), { retry: false })
  return claimed.lease.jobId
})

/** The one JSON value of an answer. */
export const valueOf = <A = unknown>({ said }: Ran): A => JSON.parse(said.join("\n")) as A

/** Uses the database in a folder by a connection of its own. */
export const onFile = <A>(folder: string, use: (database: Database) => A): A => {
  const database = new Sqlite(databaseIn(folder))
  const answer = use(database)
  database.close()
  return answer
}

/** Makes the database in a folder with a table of an app, and none of Holdfast's. Answers how to read the names of all. */
export const emptyDatabase = (folder: string) =>
  Effect.sync(() => {
    mkdirSync(dirname(databaseIn(folder)), { recursive: true })
    onFile(folder, (database) => database.exec("CREATE TABLE note (text TEXT)"))
    return Effect.sync(() =>
      onFile(
        folder,
        (database) => database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
      )
    )
  })

/** The version of the tables that this release makes. */
export { newest as newestVersion } from "../../../src/store/sqlite/migrations/migrations.ts"
