import { Clock, Duration, Effect, Option } from "effect"
import { ActorPlatform, isTerminal, isUnseen } from "../actors/ActorPlatform.ts"
import { BrandBrainConfig } from "../config/BrandBrainConfig.ts"
import { canonicalJson } from "../json/canonicalJson.ts"
import { ApifyRuns } from "./ApifyRuns.ts"
import type { ApifyRun } from "./ApifyRuns.ts"
import { findUnansweredRun } from "./findUnansweredRun.ts"

/** A forced compile wants news, so it reuses no run that started longer ago. */
const forcedMaxAge = Duration.hours(1)

/**
 * Finds the newest run with the same input that an earlier compile of the source left at the platform.
 *
 * Such a run is paid for, so it is looked for before another is started. Runs that came to nothing are marked as
 * resolved.
 */
export const findLeftBehind = Effect.fn("findLeftBehind")(function*(options: {
  readonly sourceId: string
  readonly compileRunId: string
  readonly input: Readonly<Record<string, unknown>>
  readonly forced: boolean
}) {
  const { compileRunId, forced, input, sourceId } = options
  const runs = yield* ApifyRuns
  const ttl = Duration.hours((yield* BrandBrainConfig).apifyRunTtlHours)
  const maxAge = forced ? Duration.min(forcedMaxAge, ttl) : ttl
  const since = (yield* Clock.currentTimeMillis) - Duration.toMillis(maxAge)
  const hasSameInput = (left: ApifyRun) => canonicalJson(left.input) === canonicalJson(input)
  for (const left of (yield* runs.findLeftBehind(sourceId, { compileRunId, since })).filter(hasSameInput)) {
    const run = yield* findAtPlatform(left)
    if (Option.isSome(run) && (run.value.status === "SUCCEEDED" || !isTerminal(run.value.status))) {
      return Option.some({ left, run: run.value })
    }
    yield* runs.markResolved(left.id)
  }
  return Option.none()
})

/** The run at the platform. None only if the platform says that it has none: any other refusal proves nothing. */
const findAtPlatform = ({ actor_id, input, platform_run_id, started_at }: ApifyRun) =>
  (platform_run_id === null
    ? findUnansweredRun(actor_id, input, started_at)
    : Effect.flatMap(ActorPlatform, ({ getRun }) => Effect.asSome(getRun(platform_run_id)))).pipe(
      Effect.catchIf(
        (error) => error._tag === "ActorPlatformError" && isUnseen(error),
        () => Effect.succeedNone
      )
    )
