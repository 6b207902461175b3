import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect } from "effect"
import { statSync } from "node:fs"
import { isStoreError, StoreError } from "../../domain/errors.ts"
import type { LookOptions, SqliteFacts } from "../doctor/facts.ts"
import { databasePath } from "./databaseFile.ts"
import { newest } from "./migrations/migrations.ts"
import { version } from "./migrations/migrate.ts"
import { openClient } from "./openClient.ts"

/** As many as a person reads. */
const mostDamage = 10

/** Looks at a file that is there. */
export const look = Effect.fn("look")(function*(filename: string, { isDeep, limit }: LookOptions) {
  const opened = yield* openClient({ filename, readonly: true, busyTimeout: limit })
  const sql = Context.get(opened, SqlClient.SqlClient).withoutTransforms()
  const [mode] = yield* sql<{ readonly journal_mode: string }>`PRAGMA journal_mode`
  // The WAL lies beside the file itself, also where a link names that.
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
    damage: damage?.map(({ quick_check }) => quick_check).filter((line) => line !== "ok")
  } satisfies SqliteFacts
}, (looked) =>
  Effect.scoped(
    Effect.mapError(looked, (cause) => isStoreError(cause) ? cause : new StoreError({ operation: "look", cause }))
  ))

/** Asking drops no lock of this process on the file, as closing it would. */
const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
