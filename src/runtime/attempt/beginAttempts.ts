import { Cause, Effect, Scope } from "effect"
import type { ClaimedJob } from "../../store/JobStore.ts"
import * as log from "../telemetry/workerLog.ts"
import type { Attempt, Host } from "./Attempt.ts"
import { RunningAttempt } from "./runAttempt.ts"

/** The parts of an attempt that its slot gives it. */
export type Placed = Pick<Attempt, "stopRequest" | "slot">

/**
 * Begins the attempts of the jobs of one claim, which go on by themselves. `place`
 * gives a job its slot. `attemptOf` may throw: that job's slot is free again, and
 * its lease runs out.
 *
 * Every lease is kept before anything else is done, and all are told of before
 * the first handler starts.
 */
export const beginAttempts = (
  { isTraced, store: { events } }: Host,
  jobs: ReadonlyArray<ClaimedJob>,
  place: (job: ClaimedJob) => Placed,
  attemptOf: (job: ClaimedJob, placed: Placed) => Attempt
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const attempts: Array<RunningAttempt> = []
    for (const job of jobs) {
      const placed = place(job)
      try {
        attempts.push(new RunningAttempt(attemptOf(job, placed), yield* Scope.make()))
      } catch (thrown) {
        // A bug in Holdfast, or in a store.
        placed.slot.free(false)
        yield* log.attemptDied(job, Cause.die(thrown))
      }
    }
    for (const attempt of attempts) attempt.keepLease()
    if (isTraced) { for (const attempt of attempts) yield* attempt.tellInSpan }
    else yield* events.publishAll(attempts.map(({ claimed }) => claimed))
    for (const attempt of attempts) attempt.begin(yield* Scope.make())
  })
