import { Effect } from "effect"
import type { StoreError } from "../../domain/errors.ts"
import type { DatabaseUrl } from "../databaseUrl.ts"
import { nameOf } from "../databaseUrl.ts"
import { loaded } from "../loaded.ts"
import type { Backup, BackupOptions } from "./options.ts"
import type { BackupDiffers, BackupExists, BackupFailed } from "./errors.ts"
import { BackupUnsupported } from "./errors.ts"

/**
 * Copies a SQLite database to a new file while others may be using it, and verifies
 * the copy. The file gets its name once all of it is on disk. For PostgreSQL it
 * fails with the command that backs up the database.
 */
export const backUp = (
  named: DatabaseUrl,
  options: BackupOptions
): Effect.Effect<Backup, BackupExists | BackupFailed | BackupDiffers | BackupUnsupported | StoreError> =>
  named.database === "sqlite"
    ? Effect.flatMap(
      loaded(() => import("../sqlite/backUp.ts")),
      ({ backUp }) => backUp(named.filename, options)
    )
    : new BackupUnsupported({
      database: nameOf(named),
      command: `pg_dump --format=custom --file=${options.file} "$DATABASE_URL"`
    })
