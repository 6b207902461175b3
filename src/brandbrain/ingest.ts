import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Option } from "effect"
import { ActorPlatform, isTerminal } from "./ActorPlatform.ts"
import type { ActorPlatformError, ActorRun } from "./ActorPlatform.ts"
import { ApifyRuns } from "./ApifyRuns.ts"
import type { ApifyRun } from "./ApifyRuns.ts"
import { BrandBrainConfig, capOf, isEnabled } from "./BrandBrainConfig.ts"
import { registry } from "./capability.ts"
import { normaliseRun } from "./normaliseRun.ts"
import type { Source } from "./Source.ts"
import { storage } from "./StorageError.ts"

/** How long to wait between two looks at a run. */
const pollInterval = "5 seconds"

/** How long one attempt waits for a run. An attempt that resumes a run waits as long again. */
const pollFor = "300 seconds"

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
 * A compile has at most one run for a source. If an attempt before this one
 * started it, this waits for that run, or answers how it ended. A run is noted
 * before it is started and again when the platform has named it. Once the platform
 * has been asked for a run, being told to stop waits for its answer, at most 30
 * seconds, and saves it. So a run is paid for twice only if, between the platform's
 * taking the request and our saving its answer, the process is killed, a shutdown's
 * time is up or the job's lease is over. Nothing the platform offers closes that gap.
 */
export const ingestSource = Effect.fn("ingestSource")(
  function*(options: { readonly source: Source; readonly compileRunId: string; readonly reason: string }) {
    const { compileRunId, reason, source } = options
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
    return yield* gather({ source, compileRunId, reason, cap, earlier })
  },
  (effect, { source }) => Effect.annotateLogs(effect, { source: source.source, sourceId: source.id })
)

const gather = Effect.fn("ingestSource.gather")(function*(options: {
  readonly source: Source
  readonly compileRunId: string
  readonly reason: string
  readonly cap: number
  readonly earlier: ApifyRun | null
}) {
  const { cap, compileRunId, earlier, source } = options
  const runs = yield* ApifyRuns
  const platform = yield* ActorPlatform
  const { actorId, input } = registry[source.source]
  const request = input(source, cap)
  const apifyRunId = earlier?.id ?? (yield* runs.starting({
    brandId: source.brandId,
    compileRunId,
    sourceId: source.id,
    actorId,
    input: request,
    itemLimit: cap,
    reason: options.reason
  }))
  const reason = earlier?.reason ?? options.reason
  if (earlier !== null) {
    yield* Effect.logInfo(
      earlier.platform_run_id === null
        ? "An earlier attempt may have started a run whose answer was lost; starting one"
        : "Resuming the run of an earlier attempt"
    ).pipe(Effect.annotateLogs({ apifyRunId }))
  }

  const failed = (status: "failed" | "timed_out", error: string) =>
    Effect.as(runs.ended(apifyRunId, status, error), { _tag: "Failed", apifyRunId, reason, status, error } as const)

  return yield* Effect.gen(function*() {
    const run = earlier === null || earlier.platform_run_id === null
      ? yield* start(apifyRunId, platform.startRun(actorId, request))
      : yield* platform.getRun(earlier.platform_run_id)
    const last = yield* awaitEnd(run).pipe(Effect.timeoutOption(pollFor))
    if (Option.isNone(last)) {
      return yield* failed("timed_out", `The run did not end within ${pollFor}`)
    }
    if (last.value.status !== "SUCCEEDED") {
      return yield* failed("failed", `The run ended as ${last.value.status}`)
    }
    const items = yield* platform.getItems(last.value.defaultDatasetId, { limit: cap, offset: 0 })
    // A platform may answer with more than it was asked for, as an actor may find more.
    const counts = yield* keep(source, apifyRunId, items.slice(0, cap))
    return { _tag: "Succeeded", apifyRunId, reason, ...counts } as const
  }).pipe(
    Effect.catchTag("ActorPlatformError", (error) => failed("failed", error.message))
  )
})

/** Saves what a run brought, as it came and as evidence: all of it, and the run's success, or nothing. */
const keep = Effect.fn("ingestSource.keep")(
  function*(source: Source, apifyRunId: string, items: ReadonlyArray<unknown>) {
    const sql = yield* SqlClient.SqlClient
    const runs = yield* ApifyRuns
    return yield* runs.replaceRawItems(apifyRunId, items.map(written)).pipe(
      Effect.zipRight(normaliseRun(source, apifyRunId)),
      Effect.tap((counts) => runs.succeeded(apifyRunId, counts)),
      sql.withTransaction
    )
  },
  storage("ingestSource.keep")
)

/** What the platform answers, yes or no, is saved even if we are told to stop meanwhile. */
const start = Effect.fn("ingestSource.start")(
  function*(apifyRunId: string, request: Effect.Effect<ActorRun, ActorPlatformError>) {
    const runs = yield* ApifyRuns
    return yield* request.pipe(
      Effect.tap((run) => runs.started(apifyRunId, run)),
      Effect.tapErrorTag("ActorPlatformError", (error) => runs.ended(apifyRunId, "failed", error.message))
    )
  },
  Effect.uninterruptible
)

/** Looks at the run until it has ended. Whoever waits sets the limit. */
const awaitEnd = Effect.fn("ingestSource.awaitEnd")(function*(run: ActorRun) {
  if (isTerminal(run.status)) {
    return run
  }
  const platform = yield* ActorPlatform
  return yield* platform.getRun(run.id).pipe(
    Effect.delay(pollInterval),
    Effect.repeat({ until: ({ status }) => isTerminal(status) })
  )
})

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
