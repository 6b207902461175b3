import * as PostgresStore from "../../src/store/postgres/PostgresStore.ts"
import { conforms } from "../store/conformance.ts"
import { onFreshDatabase, onFreshSchema } from "./freshDatabase.ts"

conforms(
  "PostgreSQL",
  (now) => onFreshDatabase((url) => PostgresStore.layer({ url, now, maxConnections: 3 }))
)

conforms(
  "PostgreSQL, in a schema of its own",
  (now) => onFreshSchema((url, schema) => PostgresStore.layer({ url, schema, now, maxConnections: 3 }))
)
