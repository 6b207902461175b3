import { Clock, Duration, Effect, Option } from "effect"
import { ActorPlatform, isTerminal, isUnseen } from "../actors/ActorPlatform.ts"
import { ApifyRuns } from "./ApifyRuns.ts"
import type { ApifyRun } from "./ApifyRuns.ts"
import { BrandBrainConfig } from "../config/BrandBrainConfig.ts"
import { canonicalJson } from "../json/canonicalJson.ts"
import { lostRun } from "./startRun.ts"

/** A forced compile wants news, so it takes no run that was begun longer ago than this. */
const forcedMaxAge = Duration.hours(1)

/**
 * The newest run that an earlier compile of the source left at the platform, of those that ask the
 * same and have not come to nothing: it is paid for, so it is looked at before another is started.
 */
export const leftBehind = Effect.fn("leftBehind")(function*(options: {
  readonly sourceId: string
  readonly compileRunId: string
  readonly input: Readonly<Record<string, unknown>>
  readonly forced: boolean
}) {
  const { compileRunId, forced, input, sourceId } = options
  const runs = yield* ApifyRuns
  const { apifyRunTtlHours } = yield* BrandBrainConfig
  const maxAge = forced
    ? Duration.min(forcedMaxAge, Duration.hours(apifyRunTtlHours))
    : Duration.hours(apifyRunTtlHours)
  const since = (yield* Clock.currentTimeMillis) - Duration.toMillis(maxAge)
  const asksTheSame = (left: ApifyRun) => canonicalJson(left.input) === canonicalJson(input)
  for (const left of (yield* runs.leftBehind(sourceId, { compileRunId, since })).filter(asksTheSame)) {
    const run = yield* seen(left)
    if (Option.isSome(run) && (run.value.status === "SUCCEEDED" || !isTerminal(run.value.status))) {
      return Option.some({ left, run: run.value })
    }
    yield* runs.resolved(left.id)
  }
  return Option.none()
})

/**
 * The run as the platform tells of it. None only when it says that there is none: a refusal, such as that of a token
 * that is no longer good, says nothing of the run.
 */
const seen = ({ actor_id, input, platform_run_id, started_at }: ApifyRun) =>
  (platform_run_id === null
    ? lostRun(actor_id, input, started_at)
    : Effect.flatMap(ActorPlatform, ({ getRun }) => Effect.asSome(getRun(platform_run_id)))).pipe(
      Effect.catchIf(
        (error) => error._tag === "ActorPlatformError" && isUnseen(error),
        () => Effect.succeedNone
      )
    )
