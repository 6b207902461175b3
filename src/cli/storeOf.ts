import { storeNamed } from "../store/fromUrl.ts"
import type { Settings } from "./settings.ts"

/** The job store that the settings name. One that is only read keeps its tables as they are. */
export const storeOf = (
  { busyTimeout, database, maxConnections, synchronous }: Settings,
  { isRead = false }: { readonly isRead?: boolean } = {}
) =>
  storeNamed(database, {
    sqlite: { synchronous, busyTimeout, readonly: isRead },
    postgres: { maxConnections, migrate: !isRead, applicationName: "holdfast" }
  })
