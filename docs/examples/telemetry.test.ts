import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { Job, JobQueue } from "holdfast"
import { Gauges } from "holdfast/telemetry"
import * as Testing from "holdfast/testing"
import { page } from "./telemetry.ts"

const Welcome = Job.make("telemetry.welcome", { payload: { userId: Schema.String } })

it.effect("the page shows how long a welcome has waited", () =>
  Effect.gen(function*() {
    yield* JobQueue.enqueue(Welcome, { userId: "ada" })
    yield* Testing.advance("42 seconds")
    const { body, headers } = yield* page
    assert.strictEqual(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
    assert.match(body, /^holdfast_oldest_due_job_seconds\{queue="default",kind="telemetry.welcome"\} 42$/m)
  }).pipe(Effect.provide(Layer.provideMerge(Gauges.layer, Testing.layerMemory))))
