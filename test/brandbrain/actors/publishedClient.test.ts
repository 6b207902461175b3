import { assert, describe, it } from "@effect/vitest"
import { ApifyClient } from "apify-client"
import { Effect } from "effect"
import { actors, apifyServer } from "./apifyServer.ts"
import type { Actor } from "./apifyServer.ts"

const token = "apify_api_S3nt1nel"
const posts = Array.from({ length: 20 }, (_, index) => ({ id: `p${index}`, caption: `Boots ${index}` }))
const input = { username: ["cobble"], resultsLimit: 8 }

/** The client that the platform's makers publish, on the platform that our tests ask. */
const published = Effect.fn("published")(function*(actor: Actor, given = token) {
  const server = yield* apifyServer(actors({ "apify~instagram-scraper": actor }, token))
  const client = new ApifyClient({ token: given, baseUrl: server.url, maxRetries: 0 })
  return { client, server }
})

describe("the test's platform, asked by the client that its makers publish,", () => {
  it.scoped("starts a run, tells of it until it has ended, and gives its items a page at a time", () =>
    Effect.gen(function*() {
      const { client, server } = yield* published({ statuses: ["RUNNING", "SUCCEEDED"], items: posts })
      const started = yield* Effect.promise(() =>
        client.actor("apify/instagram-scraper").start(input, { maxItems: 8, timeout: 600 })
      )
      assert.deepInclude(started, { id: "run-1", status: "READY", actId: "act-1" })
      const looked = yield* Effect.promise(() => client.run(started.id).get())
      assert.strictEqual(looked?.status, "RUNNING")
      const ended = yield* Effect.promise(() => client.run(started.id).waitForFinish())
      assert.strictEqual(ended.status, "SUCCEEDED")
      assert.instanceOf(ended.finishedAt, Date)

      const dataset = client.dataset(ended.defaultDatasetId)
      const page = yield* Effect.promise(async () => await dataset.listItems({ limit: 8, offset: 16 }))
      assert.deepInclude(page, { total: 20, offset: 16, limit: 8, count: 4, desc: false })
      assert.deepStrictEqual(page.items, posts.slice(16))
      const all = yield* Effect.promise(async () => await dataset.listItems())
      assert.deepStrictEqual(all.items, posts)

      assert.include(server.asked[0]?.path, "/v2/actors/apify~instagram-scraper/runs?")
      assert.include(server.asked[0]?.path, "maxItems=8")
      assert.isTrue(server.asked.some(({ path }) => path.includes("waitForFinish=")))
    }))

  it.scoped("keeps the input of a run, and lists the newest first", () =>
    Effect.gen(function*() {
      const { client } = yield* published({})
      const actor = client.actor("apify/instagram-scraper")
      yield* Effect.promise(() => actor.start({ first: true }))
      yield* Effect.promise(() => actor.start(input))
      const runs = yield* Effect.promise(async () => await actor.runs().list({ desc: true, limit: 1 }))
      assert.deepInclude(runs, { total: 2, count: 1, desc: true })
      assert.strictEqual(runs.items[0]?.id, "run-2")
      const store = client.keyValueStore(runs.items[0]?.defaultKeyValueStoreId ?? "")
      assert.deepStrictEqual((yield* Effect.promise(() => store.getRecord("INPUT")))?.value, input)
    }))

  it.scoped("knows no actor, run, dataset or record that there is not", () =>
    Effect.gen(function*() {
      const { client } = yield* published({})
      assert.isUndefined(yield* Effect.promise(() => client.run("run-9").get()))
      assert.isUndefined(yield* Effect.promise(() => client.keyValueStore("store-of-run-9").getRecord("INPUT")))
      const refusals: ReadonlyArray<() => Promise<unknown>> = [
        () => client.actor("someone/else").start({}),
        async () => await client.dataset("dataset-of-run-9").listItems({ limit: 1 })
      ]
      for (const refused of refusals) {
        const error = yield* Effect.flip(Effect.tryPromise(refused))
        assert.deepInclude(error.error, { statusCode: 404, type: "record-not-found" })
      }
    }))

  it.scoped("asks who it is", () =>
    Effect.gen(function*() {
      const { client } = yield* published({}, "another")
      const error = yield* Effect.flip(Effect.tryPromise(() => client.run("run-1").get()))
      assert.deepInclude(error.error, { statusCode: 401, type: "user-or-token-not-found" })
    }))
})
