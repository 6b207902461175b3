import { Clock, Duration, Effect, Layer, Option, Schema } from "effect"
import type { Context } from "effect"
import { hashJson } from "../json/canonicalJson.ts"
import { ActorPlatform, ActorPlatformError } from "./ActorPlatform.ts"
import type { ActorRun } from "./ActorPlatform.ts"
import { datasets } from "./recorded/datasets.ts"

/**
 * A platform that answers from recorded datasets, for a machine without account or network.
 *
 * An actor ignores its input, as real ones may, and finds everything that was recorded for it. A run takes `runFor`, so
 * that waiting for it is real. Its id encodes all of its state, so a run continues while its process is down.
 */
export const layer = (options?: {
  readonly runFor?: Duration.DurationInput
}): Layer.Layer<ActorPlatform> =>
  Layer.effect(
    ActorPlatform,
    Effect.as(
      Effect.logInfo("Evidence is recorded, not gathered, as APIFY_TOKEN is not set"),
      make(Duration.toMillis(options?.runFor ?? "8 seconds"))
    )
  )

const make = (runFor: number): Context.Tag.Service<ActorPlatform> => ({
  startRun: Effect.fn("RecordedActorPlatform.startRun")(function*(actorId, input) {
    if (!Object.hasOwn(datasets, actorId)) {
      return yield* notFound("Actor was not found")
    }
    const startedAt = yield* Clock.currentTimeMillis
    return describeRun({ actorId, startedAt, input: hashJson(input).slice(0, 12) }, startedAt, runFor)
  }),
  // Every start here is answered, so no run is ever looked for.
  findRuns: () => Effect.succeed([]),
  getRun: Effect.fn("RecordedActorPlatform.getRun")(function*(runId) {
    const run = yield* decodeId("run", runId)
    return describeRun(run, yield* Clock.currentTimeMillis, runFor)
  }),
  getItems: Effect.fn("RecordedActorPlatform.getItems")(function*(datasetId, { limit, offset }) {
    const { actorId } = yield* decodeId("dataset", datasetId)
    return (datasets[actorId] ?? []).slice(offset, offset + limit)
  })
})

/** The state of a recorded run, which its ids encode. */
const RunState = Schema.Struct({ actorId: Schema.String, startedAt: Schema.Int, input: Schema.String })

const EncodedState = Schema.compose(Schema.StringFromBase64Url, Schema.parseJson(RunState))

const describeRun = (run: typeof RunState.Type, now: number, runFor: number): ActorRun => {
  const elapsed = now - run.startedAt
  const encoded = Schema.encodeSync(EncodedState)(run)
  return {
    id: `run-${encoded}`,
    actId: run.actorId,
    status: elapsed >= runFor ? "SUCCEEDED" : elapsed > 0 ? "RUNNING" : "READY",
    statusMessage: null,
    defaultDatasetId: `dataset-${encoded}`,
    startedAt: new Date(run.startedAt).toISOString(),
    finishedAt: elapsed >= runFor ? new Date(run.startedAt + runFor).toISOString() : null
  }
}

const decodeId = (prefix: "run" | "dataset", id: string) =>
  Option.match(
    id.startsWith(`${prefix}-`)
      ? Schema.decodeOption(EncodedState)(id.slice(prefix.length + 1))
      : Option.none(),
    {
      onNone: () => notFound(`No such ${prefix} was recorded`),
      onSome: (run) => Effect.succeed(run)
    }
  )

const notFound = (reason: string) =>
  new ActorPlatformError({ status: 404, type: "record-not-found", reason, retryable: false })
