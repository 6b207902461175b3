import { Duration, Effect, Either, Predicate } from "effect"
import { checkOption } from "../domain/check.ts"
import { InvalidOption } from "../domain/errors.ts"
import { Concurrency, Name } from "../domain/limits.ts"

/** The length of a lease where neither the definition nor the caller names one. */
export const defaultLease = Duration.minutes(10)

/**
 * The payloads that one claim may take: reading and parsing them takes some tens
 * of milliseconds, in which the event loop stands and no heartbeat is sent.
 */
export const claimBytes = 4 * 1024 * 1024

/** The most JSON of the jobs that an action changes in one transaction. SQLite rewrites each row whole, and nobody else can write meanwhile. */
export const actionBytes = 4 * 1024 * 1024

/** Refuses two definitions of one kind. */
export const checkKinds = <J extends { readonly kind: string }>(
  jobs: ReadonlyArray<J>
): Either.Either<ReadonlyArray<J>, InvalidOption> => {
  const kinds = new Set<string>()
  const twice = jobs.find(({ kind }) => kinds.size === kinds.add(kind).size)
  return twice === undefined ? Either.right(jobs) : Either.left(
    new InvalidOption({
      option: "jobs",
      given: `two definitions of "${twice.kind}"`,
      allowed: "one definition of each kind"
    })
  )
}

/** The most jobs at once of each queue. */
export const checkQueues = (
  queues: Readonly<Record<string, number | { readonly concurrency: number }>>
): Effect.Effect<ReadonlyMap<string, number>, InvalidOption> =>
  Effect.gen(function*() {
    const limits = new Map<string, number>()
    for (const [queue, given] of Object.entries(queues)) {
      yield* checkOption("queues", Name, queue)
      limits.set(
        queue,
        Predicate.hasProperty(given, "concurrency")
          ? yield* checkOption(`queues.${queue}.concurrency`, Concurrency, given.concurrency)
          : yield* checkOption(`queues.${queue}`, Concurrency, given)
      )
    }
    if (limits.size > 0) return limits
    return yield* new InvalidOption({ option: "queues", given: "none", allowed: "one queue or more, or left out" })
  })
