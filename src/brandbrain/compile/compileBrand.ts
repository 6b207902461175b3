import { Effect, Option, Ref } from "effect"
import { Brands } from "../brands/Brands.ts"
import { Sources } from "../brands/Sources.ts"
import { BrandBrainConfig } from "../config/BrandBrainConfig.ts"
import { Snapshots } from "../snapshots/Snapshots.ts"
import type { CompilePayload, CompileProgress } from "./CompileJob.ts"
import { CompileRuns } from "./CompileRuns.ts"
import { draftSnapshot } from "./draftSnapshot.ts"
import type { Outcome } from "./EvidenceStatus.ts"
import { refreshSource } from "./refreshSource.ts"

/**
 * Compiles a brand: gathers from every source, then saves a snapshot of the evidence.
 *
 * This is one attempt of a job, and may run again after a crash at any point. Outcomes that an earlier attempt recorded
 * stay, its actor runs are resumed, and a compile that has its snapshot returns it. A source that fails does not fail
 * the compile. `report` is called as the work goes on; if it fails, so does the compile.
 */
export const compileBrand = Effect.fn("compileBrand")(
  function*<E, R>(payload: CompilePayload, report: (progress: CompileProgress) => Effect.Effect<void, E, R>) {
    const { brand_id: brandId, compile_run_id: compileRunId } = payload
    const run = yield* (yield* CompileRuns).markRunning(brandId, compileRunId)
    const existing = yield* (yield* Snapshots).findByCompile(brandId, compileRunId)
    if (run.status === "SUCCEEDED" && Option.isSome(existing)) {
      return existing.value
    }

    const profile = yield* (yield* Brands).profile(brandId)
    const sources = yield* (yield* Sources).listEnabled(brandId)
    const total = { sources_total: sources.length }
    const remaining = sources.filter((source) => !Object.hasOwn(run.recorded_sources, source.id))
    const { sourcesAtATime } = yield* BrandBrainConfig
    const completed = yield* Ref.make(sources.length - remaining.length)
    yield* report({ stage: "gathering", sources_completed: yield* completed, ...total })
    yield* Effect.forEach(
      remaining,
      Effect.fn(function*(source) {
        const outcome = yield* refreshSource(source, payload)
        yield* logOutcome(outcome)
        yield* (yield* CompileRuns).recordOutcome(compileRunId, source.id, outcome)
        const done = yield* Ref.updateAndGet(completed, (count) => count + 1)
        yield* report({ stage: "gathering", sources_completed: done, ...total })
      }),
      { concurrency: sourcesAtATime, discard: true }
    )

    yield* report({ stage: "drafting", sources_completed: sources.length, ...total })
    const snapshot = yield* draftSnapshot({ payload, profile, sources })
    yield* report({ stage: "done", sources_completed: sources.length, ...total })
    const { warnings } = snapshot.snapshot.meta
    yield* (warnings.length === 0 ? Effect.logInfo("Compiled a brand") : Effect.logWarning("Compiled a brand")).pipe(
      Effect.annotateLogs({ version: snapshot.version, ...warnings.length > 0 ? { warnings } : {} })
    )
    return snapshot
  },
  (effect, payload) => Effect.annotateLogs(effect, { brandId: payload.brand_id, compileRunId: payload.compile_run_id })
)

/** Leaves out the error, which may quote the platform: the compile's status has it. */
const logOutcome = ({ entry, status }: Outcome) => {
  const { error, ...annotations } = { error: null, ...entry }
  return (error === null ? Effect.logInfo(`Source ${status}`) : Effect.logWarning(`Source ${status}`)).pipe(
    Effect.annotateLogs(annotations)
  )
}
