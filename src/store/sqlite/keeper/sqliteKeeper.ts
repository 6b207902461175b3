import type * as SqlClient from "@effect/sql/SqlClient"
import { Effect, LogLevel, Option } from "effect"
import type { JobId } from "../../../domain/JobId.ts"
import { Lease } from "../../../domain/Lease.ts"
import { line } from "../../../platform/line.ts"
import type { LeaseKeeper } from "../../keeper/LeaseKeeper.ts"
import { makeLeaseKeeper } from "../../keeper/makeLeaseKeeper.ts"
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

/** The statement has the same text for all leases. */
const someLease = new Lease({
  jobId: "00000000-0000-7000-8000-000000000000" as JobId,
  worker: "-",
  attempt: 1,
  failures: 0,
  lockedAt: 0,
  lockedUntil: 0
})
