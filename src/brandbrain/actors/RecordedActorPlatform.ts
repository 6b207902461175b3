import { Clock, Duration, Effect, Layer, Option, Schema } from "effect"
import type { Context } from "effect"
import { ActorPlatform, ActorPlatformError } from "./ActorPlatform.ts"
import type { ActorRun } from "./ActorPlatform.ts"
import { hashJson } from "../json/canonicalJson.ts"
import { datasets } from "./recorded/datasets.ts"

/**
 * A platform that answers from sample datasets, for a machine with no account and no network.
 *
 * Whatever an actor is asked, it finds what was recorded for it, all of it: like
 * a real actor, it may ignore its input. A run lasts `runFor`, so that waiting
 * for one is real. The run's id holds all there is to know of it, so a run goes
 * on while the process that started it is down.
 */
export const layer = (options?: {
  readonly runFor?: Duration.DurationInput
}): Layer.Layer<ActorPlatform> =>
  Layer.effect(
    ActorPlatform,
    Effect.as(
      Effect.logInfo("Evidence is recorded, not gathered: no actor platform is configured"),
      make(Duration.toMillis(options?.runFor ?? "8 seconds"))
    )
  )

const make = (runFor: number): Context.Tag.Service<ActorPlatform> => ({
  startRun: Effect.fn("RecordedActorPlatform.startRun")(function*(actorId, input) {
    if (!Object.hasOwn(datasets, actorId)) {
      return yield* notFound("Actor was not found")
    }
    const startedAt = yield* Clock.currentTimeMillis
    return describe({ actorId, startedAt, input: hashJson(input).slice(0, 12) }, startedAt, runFor)
  }),
  // Whatever is started here is answered, so no run is ever looked for.
  findRuns: () => Effect.succeed([]),
  getRun: Effect.fn("RecordedActorPlatform.getRun")(function*(runId) {
    const run = yield* read("run", runId)
    return describe(run, yield* Clock.currentTimeMillis, runFor)
  }),
  getItems: Effect.fn("RecordedActorPlatform.getItems")(function*(datasetId, { limit, offset }) {
    const { actorId } = yield* read("dataset", datasetId)
    return (datasets[actorId] ?? []).slice(offset, offset + limit)
  })
})

/** Everything a recorded run is. Its ids are this, written so that it fits in a URL. */
const Recorded = Schema.Struct({ actorId: Schema.String, startedAt: Schema.Int, input: Schema.String })

const Written = Schema.compose(Schema.StringFromBase64Url, Schema.parseJson(Recorded))

const describe = (run: typeof Recorded.Type, now: number, runFor: number): ActorRun => {
  const elapsed = now - run.startedAt
  const written = Schema.encodeSync(Written)(run)
  return {
    id: `run-${written}`,
    actId: run.actorId,
    status: elapsed >= runFor ? "SUCCEEDED" : elapsed > 0 ? "RUNNING" : "READY",
    statusMessage: null,
    defaultDatasetId: `dataset-${written}`,
    startedAt: new Date(run.startedAt).toISOString(),
    finishedAt: elapsed >= runFor ? new Date(run.startedAt + runFor).toISOString() : null
  }
}

const read = (prefix: "run" | "dataset", id: string) =>
  Option.match(
    id.startsWith(`${prefix}-`)
      ? Schema.decodeOption(Written)(id.slice(prefix.length + 1))
      : Option.none(),
    {
      onNone: () => notFound(`No such ${prefix} was recorded`),
      onSome: (run) => Effect.succeed(run)
    }
  )

const notFound = (reason: string) =>
  new ActorPlatformError({ status: 404, type: "record-not-found", reason, retryable: false })
