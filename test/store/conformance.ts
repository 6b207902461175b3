import { describe, it } from "@effect/vitest"
import type { Effect, Layer } from "effect"
import type { JobStore } from "../../src/store/JobStore.ts"
import { storePromises } from "../../src/testing/conformance/storePromises.ts"

/** Holds a store to every promise, as `holdfast/testing` brings them for whoever writes one. */
export const conforms = <E>(store: string, layerOf: (now: Effect.Effect<number>) => Layer.Layer<JobStore, E>): void => {
  describe(store, () => {
    for (const { holds, name } of storePromises(layerOf)) it.live(name, () => holds)
  })
}
