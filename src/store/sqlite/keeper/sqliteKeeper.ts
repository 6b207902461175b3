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
import { openInThread } from "./openInThread.ts"

/** Stands for the instant of an extension: no clock shows it. */
const nowMark = -1

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
      const [text, parameters] = makeUnderLease(sqliteDialect(sql))
        .extension([{ lease: someLease, leaseFor: 1 }], sql`${nowMark}`)
        .compile(true)
      const data: SqliteThreadData = {
        ...driver,
        file: files.file,
        identities: files.identities,
        text,
        parameters,
        nowMark
      }
      return makeLeaseKeeper({ open: openInThread, data })
    }
  })
