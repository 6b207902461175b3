import { Config, Effect, Layer } from "effect"
import { PostgresStore } from "holdfast/postgres"

/** In place of `SqliteStore.layer`. */
export const Store = Layer.unwrapEffect(
  Effect.map(Config.redacted("DATABASE_URL"), (url) => PostgresStore.layer({ url, maxConnections: 10 }))
)
