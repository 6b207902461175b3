import { Option } from "effect"
import { storeNamed } from "../store/fromUrl.ts"
import type { Settings } from "./settings.ts"

/** The job store that the settings name. With `readonly` its tables stay as they are. */
export const storeOf = (
  { busyTimeout, concurrency, database, listenUrl, maxConnections, schema, synchronous }: Settings,
  { readonly = false }: { readonly readonly?: boolean } = {}
) =>
  storeNamed(database, {
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
