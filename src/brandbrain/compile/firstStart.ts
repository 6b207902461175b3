import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Option } from "effect"
import { Brands } from "../brands/Brands.ts"
import { createSampleBrand } from "../brands/sampleBrand.ts"
import { BrandBrainConfig } from "../config/BrandBrainConfig.ts"
import { inTurnOf } from "../storage/turns.ts"
import { requestCompile } from "./requestCompile.ts"

/**
 * Creates the sample brand and requests its compile, so that a first start has something to show.
 *
 * Does nothing if APIFY_TOKEN is set or there is any brand. One transaction does both, and only once if several workers
 * start together.
 */
export const firstStart = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { apifyToken } = yield* BrandBrainConfig
  if (Option.isSome(apifyToken)) return
  yield* Effect.gen(function*() {
    if (yield* (yield* Brands).hasAny) return
    const brandId = yield* createSampleBrand()
    const requested = yield* requestCompile({ brandId, forceRefresh: false })
    yield* Effect.annotateLogs(Effect.logInfo("Created the sample brand and requested its compile"), {
      brandId,
      ...(requested._tag === "Requested" ? { compileRunId: requested.compileRunId, jobId: requested.jobId } : {})
    })
  }).pipe(inTurnOf(sql, "firstStart"))
})
