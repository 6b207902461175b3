import { requestCompile } from "./requestCompile.ts"
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Option } from "effect"
import { BrandBrainConfig } from "../config/BrandBrainConfig.ts"
import { Brands } from "../brands/Brands.ts"
import { createSampleBrand } from "../brands/sampleBrand.ts"

/**
 * On a machine with no account at an actor platform and no brand, creates the
 * sample brand and asks for its compile, so that there is something to see. Both
 * or neither, and once however many workers start at the same time.
 */
export const firstStart = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { apifyToken } = yield* BrandBrainConfig
  if (Option.isSome(apifyToken)) return
  yield* sql.withTransaction(Effect.gen(function*() {
    if (yield* (yield* Brands).any) return
    const brandId = yield* createSampleBrand()
    const requested = yield* requestCompile({ brandId, forceRefresh: false })
    yield* Effect.annotateLogs(Effect.logInfo("Created the sample brand and asked for its compile"), {
      brandId,
      ...(requested._tag === "Requested" ? { compileRunId: requested.compileRunId, jobId: requested.jobId } : {})
    })
  }))
})
