import { Cause, Effect, Option, Scope } from "effect"
import type { ClaimedJob } from "../../store/JobStore.ts"
import { claimed } from "../telemetry/jobEvents.ts"
import * as log from "../telemetry/workerLog.ts"
import type { Attempt, Host } from "./Attempt.ts"
import { openSpan } from "./attemptSpan.ts"
import { RunningAttempt } from "./runAttempt.ts"

/** The parts of an attempt that its slot gives it. */
export type Placed = Pick<Attempt, "stopRequest" | "slot">

/**
 * Begins the attempts of the jobs of one claim, which go on by themselves. Never
 * fails. `place` gives a job its slot, and `attemptOf` may throw for one of them:
 * that frees the slot, and the job's lease runs out.
 *
 * All are told of before the first handler starts.
 */
export const beginAttempts = (
  { events, isTraced }: { readonly events: Host["store"]["events"]; readonly isTraced: boolean },
  jobs: ReadonlyArray<ClaimedJob>,
  place: (job: ClaimedJob) => Placed,
  attemptOf: (job: ClaimedJob, placed: Placed) => Attempt
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const attempts: Array<RunningAttempt> = []
    for (const job of jobs) {
      const placed = place(job)
      const span = isTraced ? yield* openSpan(job) : Option.none()
      if (Option.isSome(span)) yield* Effect.withParentSpan(events.publish(claimed(job)), span.value)
      try {
        attempts.push(new RunningAttempt(attemptOf(job, placed), span))
      } catch (thrown) {
        // A bug in Holdfast, or in a store.
        placed.slot.free(false)
        yield* log.attemptDied(job, Cause.die(thrown))
      }
    }
    if (!isTraced) yield* events.publishAll(jobs.map(claimed))
    for (const attempt of attempts) attempt.begin(yield* Scope.make())
  })
