import * as PostgresStore from "../../src/store/postgres/PostgresStore.ts"
import { conforms } from "../store/conformance.ts"
import { onFreshSchema } from "./freshDatabase.ts"

// A schema that has to be quoted: the other tests of PostgreSQL are on the search path's.
conforms(
  "PostgreSQL",
  (now) => onFreshSchema((url, schema) => PostgresStore.layer({ url, schema, now, maxConnections: 3 }))
)
