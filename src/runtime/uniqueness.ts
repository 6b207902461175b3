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
): Either.Either<Uniqueness, InvalidJob> => {
  const refused = (field: string, given: unknown, allowed: string) =>
    Either.left(new InvalidJob({ kind, field, given: Inspectable.toStringUnknown(given), allowed }))
  if (uniqueKey === null) {
    const pointless = Object.entries({ uniqueScope, onConflict, maxWait }).find(([, given]) => given !== undefined)
    return pointless === undefined ? none : refused(...pointless, "nothing unless uniqueKey is given")
  }
  return Either.gen(function*() {
    if (maxWait !== undefined && onConflict !== "move") {
      return yield* refused("maxWait", maxWait, `nothing unless onConflict is "move"`)
    }
    return {
      uniqueScope: yield* checkField(kind, "uniqueScope", UniqueScope, uniqueScope ?? "pending"),
      onConflict: yield* checkField(kind, "onConflict", OnConflict, onConflict ?? "keep"),
      maxWait: maxWait === undefined ? null : storableMillis(yield* checkField(kind, "maxWait", Delay, maxWait))
    }
  })
}

type Uniqueness = Pick<NewJob, "uniqueScope" | "onConflict" | "maxWait">

/** Of a job without a unique key. */
const none: Either.Either<Uniqueness> = Either.right({ uniqueScope: null, onConflict: "keep", maxWait: null })
