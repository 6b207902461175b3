import { Either, Inspectable } from "effect"
import { storableMillis } from "../domain/Backoff.ts"
import { checkField } from "../domain/check.ts"
import { InvalidJob } from "../domain/errors.ts"
import { Delay } from "../domain/limits.ts"
import { OnConflict, UniqueScope } from "../domain/UniqueKey.ts"
import type { NewJob } from "../store/JobStore.ts"
import type { EnqueueOptions } from "./JobQueueService.ts"

/** The options that go with a unique key, or the one that does not fit. */
export const uniqueness = (
  kind: string,
  uniqueKey: string | null,
  { maxWait, onConflict, uniqueScope }: EnqueueOptions
): Either.Either<Pick<NewJob, "uniqueScope" | "onConflict" | "maxWait">, InvalidJob> =>
  Either.gen(function*() {
    const refused = (field: string, given: unknown, allowed: string) =>
      new InvalidJob({ kind, field, given: Inspectable.toStringUnknown(given), allowed })
    if (uniqueKey === null) {
      for (const [field, given] of Object.entries({ uniqueScope, onConflict, maxWait })) {
        if (given !== undefined) return yield* Either.left(refused(field, given, "nothing unless uniqueKey is given"))
      }
      return { uniqueScope: null, onConflict: "keep" as const, maxWait: null }
    }
    if (maxWait !== undefined && onConflict !== "move") {
      return yield* Either.left(refused("maxWait", maxWait, `nothing unless onConflict is "move"`))
    }
    return {
      uniqueScope: yield* checkField(kind, "uniqueScope", UniqueScope, uniqueScope ?? "pending"),
      onConflict: yield* checkField(kind, "onConflict", OnConflict, onConflict ?? "keep"),
      maxWait: maxWait === undefined ? null : storableMillis(yield* checkField(kind, "maxWait", Delay, maxWait))
    }
  })
