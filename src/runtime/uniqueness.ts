import { Effect, Inspectable, Option, Schema } from "effect"
import * as Backoff from "../domain/Backoff.ts"
import { InvalidJob } from "../domain/errors.ts"
import { OnConflict, UniqueScope } from "../domain/UniqueKey.ts"
import type { NewJob } from "../store/JobStore.ts"
import type { EnqueueOptions } from "./JobQueueService.ts"

/** The options that go with a unique key, or the one that does not fit. */
export const uniqueness = (
  kind: string,
  { maxWait, onConflict, uniqueKey, uniqueScope }: EnqueueOptions
): Effect.Effect<Pick<NewJob, "uniqueScope" | "onConflict" | "maxWait">, InvalidJob> =>
  Effect.gen(function*() {
    const refused = (field: string, given: unknown, allowed: string) =>
      new InvalidJob({ kind, field, given: Inspectable.toStringUnknown(given), allowed })
    for (const [field, given] of Object.entries({ uniqueScope, onConflict, maxWait })) {
      if (given !== undefined && uniqueKey === undefined) return yield* refused(field, given, "one only with uniqueKey")
    }
    if (uniqueScope !== undefined && !Schema.is(UniqueScope)(uniqueScope)) {
      return yield* refused("uniqueScope", uniqueScope, oneOf(UniqueScope.literals))
    }
    if (onConflict !== undefined && !Schema.is(OnConflict)(onConflict)) {
      return yield* refused("onConflict", onConflict, oneOf(OnConflict.literals))
    }
    if (maxWait !== undefined && onConflict !== "move") {
      return yield* refused("maxWait", maxWait, `one only with onConflict: "move"`)
    }
    const longest = maxWait === undefined ? Option.none() : Backoff.storable(maxWait)
    if (maxWait !== undefined && Option.isNone(longest)) {
      return yield* refused("maxWait", String(maxWait), "a duration from 0 to ten years")
    }
    return {
      uniqueScope: uniqueKey === undefined ? null : uniqueScope ?? "pending",
      onConflict: onConflict ?? "keep",
      maxWait: Option.getOrNull(Option.map(longest, Backoff.storableMillis))
    }
  })

const oneOf = (words: ReadonlyArray<string>) => words.map((word) => JSON.stringify(word)).join(" or ")
