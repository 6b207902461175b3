import { Config, Effect, Layer } from "effect"
import { Store } from "holdfast/store"

/** The jobs and the app's own tables, in SQLite or PostgreSQL. */
export const Database = Layer.unwrapEffect(
  Effect.map(Config.redacted("DATABASE_URL"), (url) => Store.fromUrl(url, { postgres: { maxConnections: 10 } }))
)
