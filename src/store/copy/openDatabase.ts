import type { Scope } from "effect"
import { Effect } from "effect"
import type { DatabaseUrl } from "../databaseUrl.ts"
import { nameOf } from "../databaseUrl.ts"
import { loaded } from "../loaded.ts"
import type { CopyDatabase, Refuse } from "./CopyDatabase.ts"
import type { NoDatabase } from "./errors.ts"
import { CopyFailed } from "./errors.ts"

/** Opens the database that a URL names, until the scope closes, with its driver only. Nothing is made to read it. SQLite has no schema. */
export const openDatabase = (
  named: DatabaseUrl,
  mode: "read" | "write",
  schema?: string
): Effect.Effect<CopyDatabase, CopyFailed | NoDatabase, Scope.Scope> =>
  named.database === "sqlite"
    ? Effect.flatMap(load(named, () => import("../sqlite/openForCopy.ts")), ({ openForCopy }) =>
      openForCopy(named.filename, mode))
    : Effect.flatMap(
      load(named, () =>
        import("../postgres/openForCopy.ts")),
      ({ openForCopy }) => openForCopy(named, schema)
    )

/** The check that finds values which a database cannot hold. The database is not opened. */
export const refuseFor = (named: DatabaseUrl): Effect.Effect<Refuse, CopyFailed> =>
  Effect.map(
    load<{ readonly refuse: Refuse }>(
      named,
      () => named.database === "sqlite" ? import("../sqlite/openForCopy.ts") : import("../postgres/openForCopy.ts")
    ),
    ({ refuse }) => refuse
  )

const load = <A>(named: DatabaseUrl, module: () => Promise<A>) =>
  Effect.mapError(loaded(module), (cause) => new CopyFailed({ database: nameOf(named), cause }))
