import { Effect } from "effect"
import type { StoreError } from "../../domain/errors.ts"
import type { DatabaseUrl } from "../databaseUrl.ts"
import { loaded } from "../loaded.ts"
import type { LookOptions, PostgresFacts, SqliteFacts } from "./facts.ts"

/**
 * Looks at an existing database with any tables, and changes nothing. Fails if it
 * cannot be opened or read: not a database, locked, out of reach, or rights are missing.
 */
export const look = (
  named: DatabaseUrl,
  options: LookOptions
): Effect.Effect<SqliteFacts | PostgresFacts, StoreError> =>
  named.database === "sqlite"
    ? Effect.flatMap(loaded(() => import("../sqlite/look.ts")), ({ look }) => look(named.filename, options))
    : Effect.flatMap(loaded(() => import("../postgres/look.ts")), ({ look }) => look(named.url, options))
