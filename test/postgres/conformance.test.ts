import * as PostgresStore from "../../src/store/postgres/PostgresStore.ts"
import { conforms } from "../store/conformance.ts"
import { onFreshDatabase } from "./freshDatabase.ts"

conforms(
  "PostgreSQL",
  (now) => onFreshDatabase((url) => PostgresStore.layer({ url, now, maxConnections: 3 }))
)
