import { Option } from "effect"
import type { Options } from "../store/fromUrl.ts"
import { storeNamed } from "../store/fromUrl.ts"
import { tablesVersion } from "../store/tablesVersion.ts"
import type { Settings } from "./settings.ts"

/** The job store that the settings name. With `readonly` its tables stay as they are. */
export const storeOf = (settings: Settings, { readonly = false }: { readonly readonly?: boolean } = {}) =>
  storeNamed(settings.database, optionsOf(settings, readonly))

/** The version of Holdfast's tables in the database that the settings name, 0 if it has none. */
export const tablesVersionOf = (settings: Settings) => tablesVersion(settings.database, optionsOf(settings, true))

const optionsOf = (
  { busyTimeout, concurrency, listenUrl, maxConnections, schema, synchronous }: Settings,
  readonly: boolean
): Options => ({
  sqlite: { synchronous, busyTimeout, readonly },
  postgres: {
    // A job may hold one, or wait with one, and its heartbeat needs another; one more listens.
    maxConnections: Option.getOrElse(maxConnections, () => 2 * concurrency + 2),
    schema: Option.getOrUndefined(schema),
    listenUrl: Option.getOrUndefined(listenUrl),
    migrate: !readonly,
    applicationName: "holdfast"
  }
})
