import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { CompileJob } from "../../../src/brandbrain/compile/CompileJob.ts"
import type { CompilePayload } from "../../../src/brandbrain/compile/CompileJob.ts"
import { requestCompile } from "../../../src/brandbrain/compile/requestCompile.ts"
import { Synthesizer } from "../../../src/brandbrain/draft/Synthesizer.ts"
import type { ModelSettings } from "../../../src/brandbrain/model/ModelConfig.ts"
import { ModelConfig } from "../../../src/brandbrain/model/ModelConfig.ts"
import * as ModelSynthesizer from "../../../src/brandbrain/model/ModelSynthesizer.ts"
import * as RandomId from "../../../src/brandbrain/storage/RandomId.ts"
import { JobQueue } from "../../../src/index.ts"
import { layerMemory } from "../../../src/testing.ts"
import type { Answer } from "../actors/apifyServer.ts"
import { apifyServer } from "../actors/apifyServer.ts"
import { addBrand, appOn, compile } from "../memoryApp.ts"
import { scriptedPlatform } from "../scriptedPlatform.ts"
import type { Script } from "../scriptedPlatform.ts"

const posts: Script = { items: [{ id: "p", url: "https://www.instagram.com/p/p/", caption: "We mend boots by hand." }] }

const app = (script: Script = posts) =>
  Layer.mergeAll(appOn(), RandomId.layer, scriptedPlatform(() => script).layer).pipe(Layer.provideMerge(layerMemory))

/** A model that has nothing to say about anything. */
const silent: Answer = {
  body: {
    choices: [{ message: { content: JSON.stringify({ differentiators: [], tone_tags: [], content_pillars: [] }) } }]
  }
}
const keyRefused: Answer = { status: 401, body: { error: { type: "invalid_api_key", message: "No" } } }

const settings: ModelSettings = { apiKey: Redacted.make("sk-1"), baseUrl: "https://model.invalid/v1", name: "m1" }

const connected = Effect.gen(function*() {
  yield* addBrand("b")
  yield* (yield* Sources).connect("b", { source: "instagram.posts", identifier: "cobble" })
})

/** Asks for a compile and makes it if there is anything to do, in a process whose environment names this model or none. */
const asked = (model: ModelSettings | undefined) =>
  Effect.gen(function*() {
    const answer = yield* requestCompile({ brandId: "b", forceRefresh: false })
    const [job] = yield* JobQueue.claim({ jobs: [CompileJob] })
    if (job !== undefined) {
      yield* compile(job.payload as CompilePayload)
      yield* JobQueue.complete(job.lease)
    }
    return answer._tag
  }).pipe(
    Effect.provide(ModelSynthesizer.layer),
    Effect.provideService(ModelConfig, Option.fromNullable(model)),
    Effect.provide(FetchHttpClient.layer)
  )

describe("a compile after the model was changed", () => {
  it.scoped("is made when a model was set, renamed, moved or removed, and not when only its key was changed", () =>
    Effect.gen(function*() {
      const { url } = yield* apifyServer(() => silent)
      const first = { ...settings, baseUrl: `${url}/v1` }
      yield* connected
      const answers = yield* Effect.forEach([
        undefined,
        undefined,
        first,
        first,
        { ...first, name: "m2" },
        { ...first, name: "m2", baseUrl: `${url}/v2` },
        { ...first, name: "m2", baseUrl: `${url}/v2`, apiKey: Redacted.make("sk-2") },
        undefined
      ], asked)
      assert.deepStrictEqual(answers, [
        "Requested",
        "Unchanged",
        "Requested",
        "Unchanged",
        "Requested",
        "Requested",
        "Unchanged",
        "Requested"
      ])
    }).pipe(Effect.provide(app())))

  it.scoped("asks a model again that wrote nothing, until it has written", () =>
    Effect.gen(function*() {
      const { asked: requests, url } = yield* apifyServer((_, nth) => nth <= 2 ? keyRefused : silent)
      yield* connected
      const answers = yield* Effect.replicateEffect(asked({ ...settings, baseUrl: `${url}/v1` }), 4)
      assert.deepStrictEqual(answers, ["Requested", "Requested", "Requested", "Unchanged"])
      assert.lengthOf(requests, 3)
    }).pipe(Effect.provide(app())))

  it.scoped("is not made again when there is no evidence to show to the model", () =>
    Effect.gen(function*() {
      const { asked: requests, url } = yield* apifyServer(() => silent)
      yield* connected
      const answers = yield* Effect.replicateEffect(asked({ ...settings, baseUrl: `${url}/v1` }), 2)
      assert.deepStrictEqual(answers, ["Requested", "Unchanged"])
      assert.lengthOf(requests, 0)
    }).pipe(Effect.provide(app({ items: [] }))))

  it.effect("knows the model by its name and address, and not by any secret", () =>
    Effect.gen(function*() {
      const { identity } = yield* Synthesizer
      assert.strictEqual(identity, "model m1 at https://model.invalid/v1")
    }).pipe(
      Effect.provide(ModelSynthesizer.layer),
      Effect.provideService(
        ModelConfig,
        Option.some({ ...settings, baseUrl: "https://user:s3nt1nel@model.invalid/v1?key=s3nt1nel" })
      ),
      Effect.provide(FetchHttpClient.layer)
    ))
})
