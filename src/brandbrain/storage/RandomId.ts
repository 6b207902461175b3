import { Context, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"

/** Ids that nobody can guess and no other process makes. */
export class RandomId extends Context.Tag("holdfast/brandbrain/RandomId")<RandomId, {
  readonly next: Effect.Effect<string>
}>() {}

/** UUIDs of 122 random bits from the system. */
export const layer: Layer.Layer<RandomId> = Layer.succeed(RandomId, { next: Effect.sync(() => randomUUID()) })
