import { Effect, Layer } from "effect"
import * as PostgresStore from "../../src/store/postgres/PostgresStore.ts"
import { conforms } from "../store/conformance.ts"
import { freshDatabase } from "./freshDatabase.ts"

conforms(
  "PostgreSQL",
  (now) => Layer.unwrapScoped(Effect.map(freshDatabase, (url) => PostgresStore.layer({ url, now, maxConnections: 3 })))
)
