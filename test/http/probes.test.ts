import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { LoopDelay } from "../../src/index.ts"
import { failing, layerMemory, StoreFaults } from "../../src/testing.ts"
import { serving, tokens } from "./serving.ts"

describe("the probes", () => {
  it.scoped("answer without a token, by any host, and show no data", () =>
    Effect.gen(function*() {
      const { askAt } = yield* serving()
      for (const headers of [{}, { host: "10.0.0.7:3000" }]) {
        const health = yield* askAt("GET", "/healthz", { headers })
        assert.deepStrictEqual([health.status, health.body], [200, { status: "ok" }])
        const ready = yield* askAt("GET", "/readyz", { headers })
        assert.deepStrictEqual([ready.status, ready.body], [200, { status: "ready" }])
        assert.strictEqual(ready.headers["cache-control"], "no-store")
      }
      for (const path of ["/healthz", "/readyz"]) {
        assert.strictEqual((yield* askAt("HEAD", path)).status, 200)
        const post = yield* askAt("POST", path, { body: {} })
        assert.deepStrictEqual([post.status, post.headers["allow"]], [405, "GET, HEAD"])
      }
      assert.strictEqual((yield* askAt("GET", "/metrics")).text, "nobody's at /metrics")
    }).pipe(Effect.provide(layerMemory)))

  it.scoped("say that the server is not ready once the store has not answered lately, and ask it nothing", () =>
    Effect.gen(function*() {
      const { askAt } = yield* serving()
      const { inject, mend } = yield* StoreFaults
      const status = Effect.map(askAt("GET", "/readyz"), ({ status }) => status)
      yield* TestClock.adjust("5 seconds")
      yield* inject("every", failing)
      // Two looks may fail.
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* status, 200)
      yield* TestClock.adjust("5 seconds")
      const unready = yield* askAt("GET", "/readyz")
      assert.strictEqual(unready.status, 503)
      assert.deepStrictEqual(unready.body, {
        status: "not_ready",
        reasons: [{ reason: "store", message: "The job store last answered 25s ago" }]
      })
      yield* mend()
      // Nobody who asks makes it look.
      assert.strictEqual(yield* status, 503)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* status, 200)
    }).pipe(Effect.provide(layerMemory)))

  it.scoped("say that it is not ready while the store has never answered, or the event loop was blocked, or the app says so", () =>
    Effect.gen(function*() {
      const { inject, mend } = yield* StoreFaults
      yield* inject("every", failing)
      let tell: (late: number, computed: number) => void = () => {}
      let wrong: ReadonlyArray<string> = []
      const { askAt } = yield* Effect.provideService(
        serving({ unready: Effect.sync(() => wrong) }),
        LoopDelay,
        { watch: (heard) => Effect.sync(() => void (tell = heard)), overdue: () => 0, computed: () => 0 }
      )
      const reasons = Effect.map(
        askAt("GET", "/readyz"),
        ({ body }) => (body as { reasons?: ReadonlyArray<object> }).reasons ?? []
      )
      assert.deepStrictEqual(yield* reasons, [{
        reason: "store",
        message: "The job store has not answered since the start"
      }])
      yield* mend()
      yield* TestClock.adjust("5 seconds")
      tell(1_500, 1_500)
      assert.deepStrictEqual(yield* reasons, [])
      tell(3_000, 3_000)
      wrong = ["No worker looks for jobs"]
      assert.deepStrictEqual(yield* reasons, [
        { reason: "loop", message: "The event loop was blocked for 3s" },
        { reason: "app", message: "No worker looks for jobs" }
      ])
      wrong = []
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* reasons).length, 1)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* reasons, [])
    }).pipe(Effect.provide(layerMemory)))

  it.scoped("give the metrics to a caller that may read, if there are any", () =>
    Effect.gen(function*() {
      const { askAt } = yield* serving({ metrics: Effect.succeed("holdfast_jobs_claimed_total 1\n") })
      for (const token of [undefined, "another", tokens.brandbrain]) {
        const answer = yield* askAt("GET", "/metrics", token === undefined ? {} : { token })
        assert.deepStrictEqual([answer.status, answer.body], [401, { error: "unauthorized" }])
      }
      for (const token of [tokens.read, tokens.full]) {
        const { headers, text } = yield* askAt("GET", "/metrics", { token })
        assert.strictEqual(text, "holdfast_jobs_claimed_total 1\n")
        assert.strictEqual(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
      }
      const foreign = yield* askAt("GET", "/metrics", { token: tokens.read, headers: { host: "evil.example" } })
      assert.strictEqual(foreign.status, 403)
      const { askAt: askBroken } = yield* serving({ metrics: Effect.die("s3nt1nel") })
      const broken = yield* askBroken("GET", "/metrics", { token: tokens.read })
      assert.deepStrictEqual([broken.status, broken.body], [500, { error: "internal_error" }])
    }).pipe(Effect.provide(layerMemory)))
})
