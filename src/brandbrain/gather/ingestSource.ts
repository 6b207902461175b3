import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Option } from "effect"
import { ActorPlatform } from "../actors/ActorPlatform.ts"
import type { Source } from "../brands/Source.ts"
import { BrandBrainConfig, capOf, isEnabled } from "../config/BrandBrainConfig.ts"
import { registry } from "../config/capability.ts"
import { instantAt } from "../json/readJson.ts"
import { asStorageError } from "../storage/StorageError.ts"
import { inTurnOfBrand } from "../storage/turns.ts"
import { ApifyRuns } from "./ApifyRuns.ts"
import type { ApifyRun } from "./ApifyRuns.ts"
import { awaitRun, pollFor, retryUnseen } from "./awaitRun.ts"
import { findOrStartRun } from "./findOrStartRun.ts"
import { normaliseRun } from "./normaliseRun.ts"

/** The result of ingesting a source. Only a failing database is an error. */
export type Ingested =
  | { readonly _tag: "Disabled"; readonly reason: string }
  | {
    readonly _tag: "Succeeded"
    readonly apifyRunId: string
    readonly reason: string
    readonly rawItems: number
    readonly created: number
    readonly updated: number
  }
  | {
    readonly _tag: "Failed"
    readonly apifyRunId: string
    readonly reason: string
    readonly status: "failed" | "timed_out"
    readonly error: string
  }

/** The reason for skipping a source whose capability is disabled. */
export const disabledReason = (source: Source): string => `Capability ${source.source} is disabled`

/**
 * Gathers evidence from one source, for one compile.
 *
 * A compile has one row for each source. If an earlier attempt started the run, this waits for that run or repeats its
 * result. The row is saved before the run is started, and again with the platform's id. A run that was started without
 * an answer is looked for before another is started, and so is a young run that an earlier compile gave up on.
 *
 * A run may still be paid for twice if the platform does not show what it started, or refuses to hand over its items.
 */
export const ingestSource = Effect.fn("ingestSource")(
  function*(options: IngestOptions) {
    const { compileRunId, source } = options
    const settings = yield* BrandBrainConfig
    if (!isEnabled(settings, source.source)) {
      return { _tag: "Disabled", reason: disabledReason(source) } as const
    }
    const runs = yield* ApifyRuns
    const earlier = Option.getOrNull(yield* runs.findByCompile(compileRunId, source.id))
    if (earlier !== null && earlier.finished_at !== null) {
      return resultOf(earlier)
    }
    const cap = earlier?.item_limit ?? capOf(settings, source.source)
    return yield* gather({ ...options, cap, earlier })
  },
  (effect, { source }) => Effect.annotateLogs(effect, { source: source.source, sourceId: source.id })
)

interface IngestOptions {
  readonly source: Source
  readonly compileRunId: string
  readonly reason: string
  /** The compile wants news, however fresh the known evidence is. */
  readonly forced?: boolean
}

const gather = Effect.fn("ingestSource.gather")(function*(
  options: IngestOptions & { readonly cap: number; readonly earlier: ApifyRun | null }
) {
  const { cap, compileRunId, earlier, forced = false, source } = options
  const runs = yield* ApifyRuns
  const platform = yield* ActorPlatform
  const { actorId, input } = registry[source.source]
  const start = { actorId, input: input(source, cap), itemLimit: cap }
  const reason = earlier?.reason ?? options.reason
  const apifyRunId = earlier?.id ??
    (yield* runs.addStarting({ ...start, brandId: source.brandId, compileRunId, sourceId: source.id, reason }))

  const fail = (status: "failed" | "timed_out", error: string, unresolved: boolean) =>
    Effect.as(
      runs.markFailed(apifyRunId, status, error, { unresolved }),
      { _tag: "Failed", apifyRunId, reason, status, error } as const
    )

  return yield* Effect.gen(function*() {
    const run = yield* findOrStartRun({ ...start, apifyRunId, sourceId: source.id, compileRunId, earlier, forced })
    const ended = yield* awaitRun(run)
    if (Option.isNone(ended)) {
      return yield* fail("timed_out", `The run did not end within ${pollFor}`, true)
    }
    const { defaultDatasetId, finishedAt, status, statusMessage } = ended.value
    if (status !== "SUCCEEDED") {
      const why = statusMessage === null ? "" : `: ${statusMessage}`
      return yield* fail("failed", `The run ended as ${status}${why}`, false)
    }
    const items = yield* retryUnseen(platform.getItems(defaultDatasetId, { limit: cap, offset: 0 })).pipe(
      // A run whose items will never be available is useless to a later compile.
      Effect.tapError((error) => runs.markFailed(apifyRunId, "failed", error.message, { unresolved: error.retryable }))
    )
    // Sliced again, since a platform may answer with more than the limit.
    const counts = yield* saveItems(source, apifyRunId, items.slice(0, cap), finishedAt)
    return { _tag: "Succeeded", apifyRunId, reason, ...counts } as const
  }).pipe(
    // Changes nothing if the run is marked as failed already. Otherwise a later compile may still find the run.
    Effect.catchTag("ActorPlatformError", (error) => fail("failed", error.message, true))
  )
})

/** Saves the run's raw items, their evidence and the run's success in one transaction. */
const saveItems = Effect.fn("ingestSource.saveItems")(
  function*(source: Source, apifyRunId: string, items: ReadonlyArray<unknown>, finishedAt: string | null) {
    const sql = yield* SqlClient.SqlClient
    const runs = yield* ApifyRuns
    return yield* runs.replaceRawItems(apifyRunId, items.map(toJson)).pipe(
      Effect.zipRight(normaliseRun(source, apifyRunId)),
      Effect.tap((counts) =>
        runs.markSucceeded(apifyRunId, { ...counts, endedAt: instantAt(finishedAt) ?? undefined })
      ),
      inTurnOfBrand(sql, source.brandId)
    )
  },
  asStorageError("ingestSource.saveItems")
)

/** The result of a run that an earlier attempt finished. */
const resultOf = (run: ApifyRun): Ingested =>
  run.status === "succeeded"
    ? {
      _tag: "Succeeded",
      apifyRunId: run.id,
      reason: run.reason,
      rawItems: run.raw_items_count,
      created: run.normalized_created,
      updated: run.normalized_updated
    }
    : {
      _tag: "Failed",
      apifyRunId: run.id,
      reason: run.reason,
      status: run.status === "timed_out" ? "timed_out" : "failed",
      error: run.error_summary ?? ""
    }

/** The item as JSON text. An item nested too deeply to be written becomes null, as it is worth nothing. */
const toJson = (item: unknown): string => {
  try {
    return JSON.stringify(item) ?? "null"
  } catch {
    return "null"
  }
}
