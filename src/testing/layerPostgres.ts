import { Effect, Layer } from "effect"
import type { StoreError } from "../domain/errors.ts"
import { loaded } from "../store/loaded.ts"
import type * as ownDatabase from "../store/postgres/ownDatabase.ts"
import { layer } from "./layer.ts"

/** A server for tests, and the options of the store on it. */
export interface PostgresTestOptions extends ownDatabase.OwnDatabaseOptions {}

/**
 * Holdfast for tests over a PostgreSQL database of its own, whose client is the
 * app's too. The database is made when the layer is built and dropped when it is
 * released. Leases are judged by the test's clock. Run jobs whose handlers use the
 * database themselves by `runDue`: `runAll` does not wait for their statements.
 *
 * Needs `@effect/sql-pg`, which is loaded when the layer is built.
 */
export const layerPostgres = (
  options: PostgresTestOptions
): Layer.Layer<
  Layer.Layer.Success<typeof layer> | Layer.Layer.Success<ReturnType<typeof ownDatabase.layer>>,
  StoreError
> =>
  Layer.provideMerge(
    layer,
    Layer.unwrapEffect(Effect.map(
      loaded(() => import("../store/postgres/ownDatabase.ts")),
      (own) => own.layer(options)
    ))
  )
