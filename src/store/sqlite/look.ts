import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect } from "effect"
import { statSync } from "node:fs"
import { isStoreError, StoreError } from "../../domain/errors.ts"
import type { LookOptions, SqliteFacts } from "../doctor/facts.ts"
import { damageIn } from "./damage.ts"
import { databasePath } from "./databaseFile.ts"
import { newest } from "./migrations/migrations.ts"
import { version } from "./migrations/migrate.ts"
import { openClient } from "./openClient.ts"

/** The most problems to report. */
const mostDamage = 10

/** Looks at an existing file. */
export const look = Effect.fn("look")(function*(filename: string, { isDeep, limit }: LookOptions) {
  const opened = yield* openClient({ filename, readonly: true, busyTimeout: limit })
  const sql = Context.get(opened, SqlClient.SqlClient).withoutTransforms()
  const [mode] = yield* sql<{ readonly journal_mode: string }>`PRAGMA journal_mode`
  // The WAL lies beside the file itself, not beside a link to it.
  const path = (yield* databasePath(sql)) ?? filename
  const damage = isDeep
    ? yield* sql<{ readonly quick_check: string }>`PRAGMA quick_check(${sql.literal(String(mostDamage))})`
    : undefined
  return {
    database: "sqlite",
    version: yield* Effect.provide(version, opened),
    newest,
    journalMode: String(mode?.journal_mode),
    size: sizeOf(path),
    walSize: sizeOf(`${path}-wal`),
    damage: damage === undefined ? undefined : damageIn(damage.map(({ quick_check }) => quick_check))
  } satisfies SqliteFacts
}, (looked) =>
  Effect.scoped(
    Effect.mapError(looked, (cause) => isStoreError(cause) ? cause : new StoreError({ operation: "look", cause }))
  ))

/** Opens nothing: closing the file would drop this process's locks on it. */
const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
