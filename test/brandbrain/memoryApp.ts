import type { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Clock, Effect, Fiber, Layer, Option } from "effect"
import { inject } from "vitest"
import { randomUUID } from "node:crypto"
import { Brands } from "../../src/brandbrain/brands/Brands.ts"
import * as SqlBrands from "../../src/brandbrain/brands/SqlBrands.ts"
import * as SqlSources from "../../src/brandbrain/brands/SqlSources.ts"
import { compileBrand } from "../../src/brandbrain/compile/compileBrand.ts"
import type { CompilePayload } from "../../src/brandbrain/compile/CompileJob.ts"
import { CompileRuns } from "../../src/brandbrain/compile/CompileRuns.ts"
import * as SqlCompileRuns from "../../src/brandbrain/compile/SqlCompileRuns.ts"
import { BrandBrainConfig } from "../../src/brandbrain/config/BrandBrainConfig.ts"
import type { Settings } from "../../src/brandbrain/config/BrandBrainConfig.ts"
import * as Synthesizer from "../../src/brandbrain/draft/Synthesizer.ts"
import * as SqlEvidence from "../../src/brandbrain/evidence/SqlEvidence.ts"
import * as SqlApifyRuns from "../../src/brandbrain/gather/SqlApifyRuns.ts"
import { languageLibrary } from "../../src/brandbrain/language/languageLibrary.ts"
import * as SqlSnapshots from "../../src/brandbrain/snapshots/SqlSnapshots.ts"
import * as Migration from "../../src/brandbrain/storage/migrate.ts"
import { PostgresStore } from "../../src/postgres.ts"
import * as Testing from "../../src/testing.ts"
import { migratedDatabase } from "../postgres/freshDatabase.ts"
import { letPass, statementsSeen } from "./letPass.ts"

// A test's clock does not know how long loading takes, and would go on without it.
await Effect.runPromise(languageLibrary)

export const settings: Settings = {
  caps: {
    BRANDBRAIN_CAP_IG_POSTS: 8,
    BRANDBRAIN_CAP_IG_REELS: 6,
    BRANDBRAIN_CAP_LI: 6,
    BRANDBRAIN_CAP_TT: 6,
    BRANDBRAIN_CAP_YT: 6,
    BRANDBRAIN_CAP_WEB: 3
  },
  linkedinProfilePosts: false,
  maxNormalizedItems: 40,
  apifyRunTtlHours: 24,
  sourcesAtATime: 4,
  apifyToken: Option.none(),
  apifyBaseUrl: "http://localhost"
}

/** All of the app but the actor platform, on whatever database there is. */
export const appOn = (changed: Partial<Settings> = {}) =>
  Layer.mergeAll(
    SqlBrands.layer,
    SqlSources.layer,
    SqlApifyRuns.layer,
    SqlEvidence.layer,
    SqlCompileRuns.layer,
    SqlSnapshots.layer,
    Synthesizer.layerByRule,
    Layer.succeed(BrandBrainConfig, { ...settings, ...changed })
  ).pipe(Layer.provideMerge(Migration.layer))

/** The same, on a database of its own. */
export const memoryApp = (
  changed: Partial<Settings> = {},
  database: Partial<SqliteClient.SqliteClientConfig> = {}
) => appOn(changed).pipe(Layer.provideMerge(SqliteClient.layer({ filename: ":memory:", ...database })))

/** True in the project that has a PostgreSQL server. */
export const onPostgres = inject("postgres") !== undefined

const postgres = Layer.unwrapScoped(
  Effect.map(migratedDatabase, (url) => PostgresStore.layer({ url, maxConnections: 5, now: Clock.currentTimeMillis }))
).pipe(Layer.orDie, Layer.provideMerge(statementsSeen))

/** The app on a database of its own: on PostgreSQL in the project that has a server, and on SQLite elsewhere. */
export const ownApp = (changed: Partial<Settings> = {}) => Layer.provideMerge(appOn(changed), ownDatabase())

const ownDatabase = (): Layer.Layer<SqlClient.SqlClient> =>
  onPostgres ? postgres : Layer.orDie(SqliteClient.layer({ filename: ":memory:" }))

/** The job queue on such a database, which is the app's too. */
export const ownQueue = (): Layer.Layer<Layer.Layer.Success<typeof Testing.layer> | SqlClient.SqlClient> =>
  onPostgres ? Layer.provideMerge(Testing.layer, postgres) : Layer.orDie(Testing.layerMemory)

export const answers = {
  "tier0.what_we_do": "We mend boots.",
  "tier0.who_for": "People who walk.",
  "tier0.primary_goal": "Fewer boots thrown away.",
  "tier0.cta_posture": "Rarely."
}

export const addBrand = Effect.fn("addBrand")(function*(id: string) {
  const brands = yield* Brands
  yield* brands.add({ id, tenantId: "tenant", name: "Cobble" })
  yield* brands.saveAnswers(id, answers)
})

export const addCompile = Effect.fn("addCompile")(
  function*(brandId: string, id: string, options: { readonly forceRefresh?: boolean; readonly jobId?: string } = {}) {
    const forceRefresh = options.forceRefresh ?? false
    yield* (yield* CompileRuns).add({
      id,
      brandId,
      jobId: options.jobId ?? randomUUID(),
      forceRefresh,
      promptVersion: "v1",
      model: "rules-v1"
    })
    return {
      brand_id: brandId,
      compile_run_id: id,
      force_refresh: forceRefresh,
      prompt_version: "v1",
      model: "rules-v1"
    } satisfies CompilePayload
  }
)

/** Lets the effect run while the clock goes on. */
export const passing = Effect.fn("passing")(
  function*<A, E, R>(
    effect: Effect.Effect<A, E, R>,
    duration: "20 seconds" | "10 minutes" | "20 minutes" = "20 seconds"
  ) {
    const fiber = yield* Effect.fork(effect)
    yield* letPass(duration)
    return yield* Fiber.join(fiber)
  }
)

/** Compiles with nobody watching. */
export const compile = (payload: CompilePayload) => passing(compileBrand(payload, () => Effect.void))
