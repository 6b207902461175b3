import { Effect } from "effect"
import type { StoreError } from "../domain/errors.ts"
import type { DatabaseUrl } from "./databaseUrl.ts"
import type { Options } from "./fromUrl.ts"
import { loaded } from "./loaded.ts"

/** The version of Holdfast's tables in a database that exists, 0 if it has none. Changes nothing there. */
export const tablesVersion = (
  named: DatabaseUrl,
  { postgres, sqlite }: Options
): Effect.Effect<number, StoreError> =>
  named.database === "sqlite"
    ? Effect.flatMap(
      loaded(() => Promise.all([import("./sqlite/openClient.ts"), import("./sqlite/migrations/migrate.ts")])),
      ([{ openClient }, { version }]) =>
        Effect.scoped(Effect.flatMap(openClient({ ...sqlite, filename: named.filename, readonly: true }), (client) =>
          Effect.provide(version, client)))
    )
    : Effect.flatMap(
      loaded(() =>
        Promise.all([
          import("./postgres/openClient.ts"),
          import("./postgres/answering.ts"),
          import("./postgres/migrations/migrate.ts")
        ])
      ),
      ([{ openClient }, { defaultLimit }, { version }]) =>
        Effect.scoped(Effect.flatMap(openClient({ ...postgres, url: named.url }), (client) =>
          Effect.provide(version(defaultLimit, postgres?.schema), client)))
    )
