import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Option } from "effect"
import { ActorPlatform } from "../actors/ActorPlatform.ts"
import { ApifyRuns } from "./ApifyRuns.ts"
import type { ApifyRun } from "./ApifyRuns.ts"
import { awaitRun, look, onceSeen, pollFor } from "./awaitRun.ts"
import { BrandBrainConfig, capOf, isEnabled } from "../config/BrandBrainConfig.ts"
import { registry } from "../config/capability.ts"
import { instantAt } from "../json/readJson.ts"
import { leftBehind } from "./leftBehindRun.ts"
import { normaliseRun } from "./normaliseRun.ts"
import type { Source } from "../brands/Source.ts"
import { runOfEarlierAttempt, startRun } from "./startRun.ts"
import type { Start } from "./startRun.ts"
import { storage } from "../storage/StorageError.ts"

/** How ingesting a source ended. Only a database that fails is an error; all else is an answer. */
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

/** Why nothing was started, when the capability of the source is off. */
export const disabledReason = (source: Source): string => `Capability ${source.source} is disabled`

/**
 * Gathers evidence from one source, for one compile.
 *
 * A compile has one row for a source. If an attempt before this one
 * started its run, this waits for that run, or answers how it ended. A run is noted
 * before it is started and again when the platform has named it; one that was
 * started and never named is looked for before another is started, and so is one
 * that an earlier compile gave up, if it asks the same and is young enough. A run may
 * still be paid for twice: where the platform does not show, when asked, what it started, or
 * refuses what the run found.
 */
export const ingestSource = Effect.fn("ingestSource")(
  function*(options: IngestOptions) {
    const { compileRunId, source } = options
    const settings = yield* BrandBrainConfig
    if (!isEnabled(settings, source.source)) {
      return { _tag: "Disabled", reason: disabledReason(source) } as const
    }
    const runs = yield* ApifyRuns
    const earlier = Option.getOrNull(yield* runs.ofCompile(compileRunId, source.id))
    if (earlier !== null && earlier.finished_at !== null) {
      return ended(earlier)
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
  /** The compile wants news, however young the evidence is that there is. */
  readonly forced?: boolean
}

interface GatherOptions extends IngestOptions {
  readonly cap: number
  readonly earlier: ApifyRun | null
}

const gather = Effect.fn("ingestSource.gather")(function*(options: GatherOptions) {
  const { cap, compileRunId, earlier, source } = options
  const runs = yield* ApifyRuns
  const platform = yield* ActorPlatform
  const { actorId, input } = registry[source.source]
  const start = { actorId, input: input(source, cap), itemLimit: cap }
  const reason = earlier?.reason ?? options.reason
  const apifyRunId = earlier?.id ??
    (yield* runs.starting({ ...start, brandId: source.brandId, compileRunId, sourceId: source.id, reason }))

  const failed = (status: "failed" | "timed_out", error: string, unresolved: boolean) =>
    Effect.as(
      runs.ended(apifyRunId, status, error, { unresolved }),
      { _tag: "Failed", apifyRunId, reason, status, error } as const
    )

  return yield* Effect.gen(function*() {
    const last = yield* awaitRun(yield* begun({ ...options, ...start, apifyRunId }))
    if (Option.isNone(last)) {
      return yield* failed("timed_out", `The run did not end within ${pollFor}`, true)
    }
    const { defaultDatasetId, finishedAt, status, statusMessage } = last.value
    if (status !== "SUCCEEDED") {
      const why = statusMessage === null ? "" : `: ${statusMessage}`
      return yield* failed("failed", `The run ended as ${status}${why}`, false)
    }
    const items = yield* onceSeen(platform.getItems(defaultDatasetId, { limit: cap, offset: 0 })).pipe(
      // Where the items will never be had, the run is worth nothing to a later compile.
      Effect.tapError((error) => runs.ended(apifyRunId, "failed", error.message, { unresolved: error.retryable }))
    )
    // A platform may answer with more than it was asked for, as an actor may find more.
    const counts = yield* keep(source, apifyRunId, items.slice(0, cap), finishedAt)
    return { _tag: "Succeeded", apifyRunId, reason, ...counts } as const
  }).pipe(
    // Ended already where nothing more is to be had. Otherwise the run may be there later, even one not seen now.
    Effect.catchTag("ActorPlatformError", (error) => failed("failed", error.message, true))
  )
})

/** The run of an earlier attempt, or of an earlier compile, or a new one. */
const begun = Effect.fn("ingestSource.begun")(function*(options: GatherOptions & Start) {
  const { actorId, apifyRunId, compileRunId, earlier, forced = false, input, source } = options
  const runs = yield* ApifyRuns
  if (earlier !== null && earlier.platform_run_id !== null) {
    yield* Effect.annotateLogs(Effect.logInfo("Resuming the run of an earlier attempt"), { apifyRunId })
    return yield* look(earlier.platform_run_id)
  }
  const lost = earlier === null ? Option.none() : yield* runOfEarlierAttempt(actorId, input, earlier.started_at)
  if (Option.isSome(lost)) {
    yield* Effect.annotateLogs(Effect.logInfo("Found the run that an earlier attempt started"), { apifyRunId })
    yield* runs.started(apifyRunId, lost.value)
    return lost.value
  }
  const left = yield* leftBehind({ sourceId: source.id, compileRunId, input, forced }).pipe(
    // Unless an attempt before this one may have, nothing was asked for yet: there will be no run to look for.
    Effect.tapErrorTag(
      "ActorPlatformError",
      (error) => runs.ended(apifyRunId, "failed", error.message, { unresolved: earlier !== null })
    )
  )
  if (Option.isSome(left)) {
    const { left: earlierRow, run } = left.value
    yield* Effect.annotateLogs(Effect.logInfo("Using the run that an earlier compile did not wait for"), { apifyRunId })
    yield* Effect.uninterruptible(
      Effect.zipRight(
        runs.started(apifyRunId, run, { startedAt: earlierRow.started_at }),
        runs.resolved(earlierRow.id)
      )
    )
    return run
  }
  return yield* startRun(options)
})

/** Saves what a run brought, as it came and as evidence: all of it, and the run's success, or nothing. */
const keep = Effect.fn("ingestSource.keep")(
  function*(source: Source, apifyRunId: string, items: ReadonlyArray<unknown>, finishedAt: string | null) {
    const sql = yield* SqlClient.SqlClient
    const runs = yield* ApifyRuns
    return yield* runs.replaceRawItems(apifyRunId, items.map(written)).pipe(
      Effect.zipRight(normaliseRun(source, apifyRunId)),
      Effect.tap((counts) => runs.succeeded(apifyRunId, { ...counts, endedAt: instantAt(finishedAt) ?? undefined })),
      sql.withTransaction
    )
  },
  storage("ingestSource.keep")
)

/** How a run of an earlier attempt ended. */
const ended = (run: ApifyRun): Ingested =>
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

/** The item as JSON. Nesting too deep to be written down again is worth nothing to us, and kept as null. */
const written = (item: unknown): string => {
  try {
    return JSON.stringify(item) ?? "null"
  } catch {
    return "null"
  }
}
