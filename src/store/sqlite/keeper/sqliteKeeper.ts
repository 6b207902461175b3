import type * as SqlClient from "@effect/sql/SqlClient"
import { Effect, LogLevel, Option } from "effect"
import { line } from "../../../platform/line.ts"
import type { LeaseKeeper } from "../../keeper/LeaseKeeper.ts"
import { makeLeaseKeeper } from "../../keeper/makeLeaseKeeper.ts"
import { someLease } from "../../keeper/someLease.ts"
import { makeUnderLease } from "../../statements/underLease.ts"
import type { DatabaseFiles } from "../databaseFile.ts"
import { sqliteDialect } from "../dialect.ts"
import { loadedDriver } from "../loadedDriver.ts"
import type { SqliteThreadData } from "./openInThread.ts"
import { openText } from "./openText.ts"

/** Stands for the instant of an extension: no clock shows it. */
const nowMark = -1

/** The statement of a heartbeat, with marks for the parameters that each has anew. */
export const heartbeatStatement = (
  sql: SqlClient.SqlClient
): Pick<SqliteThreadData, "text" | "parameters" | "nowMark"> => {
  const [text, parameters] = makeUnderLease(sqliteDialect(sql))
    .extension([{ lease: someLease, leaseFor: 1 }], sql`${nowMark}`)
    .compile(true)
  return { text, parameters, nowMark }
}

/** The keeper of a database in a file; none where the driver is not loaded from one place, as in a bundle. */
export const sqliteKeeper = (
  sql: SqlClient.SqlClient,
  files: DatabaseFiles
): Effect.Effect<Option.Option<LeaseKeeper>> =>
  Option.match(loadedDriver(), {
    onNone: () =>
      Effect.as(
        line(
          LogLevel.Info,
          "No thread keeps leases while the event loop is blocked: better-sqlite3 is not loaded from one place, as in a bundle"
        ),
        Option.none()
      ),
    onSome: (driver) => {
      const { file, identities } = files
      const data: SqliteThreadData = { ...driver, file, identities, ...heartbeatStatement(sql) }
      return makeLeaseKeeper({ open: openText, data })
    }
  })
