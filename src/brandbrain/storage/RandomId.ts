import { Context, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"

/** Ids that nobody can guess and that no two processes make alike. */
export class RandomId extends Context.Tag("holdfast/brandbrain/RandomId")<RandomId, {
  readonly next: Effect.Effect<string>
}>() {}

/** 122 random bits from the system, written as a UUID. */
export const layer: Layer.Layer<RandomId> = Layer.succeed(RandomId, { next: Effect.sync(() => randomUUID()) })
