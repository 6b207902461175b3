import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, TestClock } from "effect"
import { ActorPlatform } from "../../../src/brandbrain/actors/ActorPlatform.ts"
import type { ActorPlatformError } from "../../../src/brandbrain/actors/ActorPlatform.ts"
import * as RecordedActorPlatform from "../../../src/brandbrain/actors/RecordedActorPlatform.ts"
import { capabilities, registry } from "../../../src/brandbrain/config/capability.ts"

const limits = { maxItems: 8, timeout: Duration.minutes(10) }

describe("the recorded platform", () => {
  it.effect("lets a run take its time: ready, running, succeeded", () =>
    Effect.gen(function*() {
      const platform = yield* ActorPlatform
      const run = yield* platform.startRun("apify~instagram-scraper", { resultsLimit: 8 }, limits)
      const statuses = [run.status]
      for (const _ of [1, 2]) {
        yield* TestClock.adjust("5 seconds")
        statuses.push((yield* platform.getRun(run.id)).status)
      }
      assert.deepStrictEqual(statuses, ["READY", "RUNNING", "SUCCEEDED"])
      assert.strictEqual(encodeURIComponent(run.id), run.id)
    }).pipe(Effect.provide(RecordedActorPlatform.layer())))

  it.effect("knows a run that another process started", () =>
    Effect.gen(function*() {
      const started = yield* Effect.flatMap(ActorPlatform, (platform) =>
        platform.startRun("clockworks~tiktok-scraper", {}, limits)).pipe(
          Effect.provide(RecordedActorPlatform.layer())
        )
      yield* TestClock.adjust("10 seconds")
      const other = yield* ActorPlatform
      const run = yield* other.getRun(started.id)
      assert.strictEqual(run.status, "SUCCEEDED")
      assert.strictEqual((yield* other.getItems(run.defaultDatasetId, { limit: 2, offset: 1 })).length, 2)
    }).pipe(Effect.provide(RecordedActorPlatform.layer())))

  it.effect("has something for every actor, and more than the default cap for those that do not count", () =>
    Effect.gen(function*() {
      const platform = yield* ActorPlatform
      for (const { actorId, defaultCap } of capabilities.map((capability) => registry[capability])) {
        const run = yield* platform.startRun(actorId, {}, limits)
        const items = yield* platform.getItems(run.defaultDatasetId, { limit: 1_000, offset: 0 })
        assert.isAbove(items.length, 1)
        assert.isAtMost(
          (yield* platform.getItems(run.defaultDatasetId, { limit: defaultCap, offset: 0 })).length,
          defaultCap
        )
      }
    }).pipe(Effect.provide(RecordedActorPlatform.layer())))

  it.effect("does not know an actor, run or dataset that it has not recorded", () =>
    Effect.gen(function*() {
      const platform = yield* ActorPlatform
      const run = yield* platform.startRun("clockworks~tiktok-scraper", {}, limits)
      const unknown: ReadonlyArray<Effect.Effect<unknown, ActorPlatformError>> = [
        platform.startRun("someone~else", {}, limits),
        platform.startRun("constructor", {}, limits),
        platform.getRun("run-1"),
        platform.getRun(run.defaultDatasetId),
        platform.getItems(run.id, { limit: 1, offset: 0 })
      ]
      for (const asked of unknown) {
        assert.deepInclude(yield* Effect.flip(asked), { status: 404, type: "record-not-found", retryable: false })
      }
    }).pipe(Effect.provide(RecordedActorPlatform.layer())))
})
