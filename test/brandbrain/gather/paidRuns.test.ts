import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { compileBrand } from "../../../src/brandbrain/compile/compileBrand.ts"
import { CompileRuns } from "../../../src/brandbrain/compile/CompileRuns.ts"
import type { Settings } from "../../../src/brandbrain/config/BrandBrainConfig.ts"
import { addBrand, addCompile, onPostgres, ownApp, passing } from "../memoryApp.ts"
import { letPass } from "../letPass.ts"
import { scriptedPlatform } from "../scriptedPlatform.ts"
import type { Script } from "../scriptedPlatform.ts"

const posts: Script = { items: [{ id: "p1", caption: "Boots" }, { id: "p2", caption: "Soles" }] }

/** A brand with these Instagram accounts and the app on a platform that does as it is told, which may change. */
const setUp = (script: Script, settings: Partial<Settings> = {}) => {
  let current = script
  const platform = scriptedPlatform(() => current)
  const connected = Effect.fn("connected")(function*(...handles: ReadonlyArray<string>) {
    yield* addBrand("b")
    const sources = yield* Sources
    yield* Effect.forEach(handles, (identifier) => sources.connect("b", { source: "instagram.posts", identifier }))
  })
  const compiled = Effect.fn("compiled")(function*(id: string, options: { readonly forceRefresh?: boolean } = {}) {
    const payload = yield* addCompile("b", id, options)
    yield* passing(compileBrand(payload, () => Effect.void), "20 minutes")
    return (yield* (yield* CompileRuns).get("b", id)).evidence_status
  })
  return {
    platform,
    connected,
    compiled,
    becomes: (script: Script) => {
      current = script
    },
    layers: Layer.merge(ownApp(settings), platform.layer)
  }
}

/** Runs a test on an account that one source is connected to. */
const onAccount = <A, E>(
  script: Script,
  test: (app: ReturnType<typeof setUp>) => Effect.Effect<A, E, Connected>
) => {
  const app = setUp(script)
  return Effect.zipRight(app.connected("cobble"), test(app)).pipe(Effect.provide(app.layers))
}

type Connected = Layer.Layer.Success<ReturnType<typeof setUp>["layers"]>

/** Runs a test after a compile, `c1`, that started a run and did not see it end. */
const afterRunLeftBehind = <A, E>(test: (app: ReturnType<typeof setUp>) => Effect.Effect<A, E, Connected>) =>
  onAccount({ ...posts, statuses: ["RUNNING"] }, (app) => Effect.zipRight(app.compiled("c1"), test(app)))

/** Has a run have asked for so many results. */
const withLimit = (limit: number) =>
  onPostgres
    ? `input = jsonb_set(input::jsonb, '{resultsLimit}', '${limit}')::text`
    : `input = json_set(input, '$.resultsLimit', ${limit})`

const runRows = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<Readonly<Record<string, unknown>>>`SELECT * FROM brandbrain_apify_run ORDER BY started_at`
})

describe("an account with no room for another run", () => {
  it.effect("is waited for: its source is gathered from as soon as there is room", () =>
    onAccount({ ...posts, starts: ["full", "full", "full"] }, ({ compiled, platform }) =>
      Effect.gen(function*() {
        const { failed, refreshed } = yield* compiled("c")
        assert.deepStrictEqual([refreshed.length, failed.length], [1, 0])
        assert.strictEqual(platform.starts.length, 4)
      })))

  it.effect("is waited for 300 seconds, and then the source has failed with its words", () =>
    onAccount(
      { starts: Array.from({ length: 500 }, () => "full") },
      ({ compiled, platform }) =>
        Effect.gen(function*() {
          const { failed } = yield* compiled("c")
          assert.strictEqual(failed[0]?.error, "It answers 402 (402 actor-memory-limit-exceeded)")
          const [run] = yield* runRows
          assert.isAtLeast(Number(run?.["finished_at"]), 290_000)
          assert.isAtMost(Number(run?.["finished_at"]), 306_000)
          assert.isAtMost(platform.starts.length, 76)
        })
    ))

  it.effect("is not mistaken for one that has no money left, which fails its source at once", () =>
    onAccount({ ...posts, starts: ["broke"] }, ({ compiled, platform }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* compiled("c")).failed.length, 1)
        assert.strictEqual(platform.starts.length, 1)
      })))

  it.effect("holds up nobody who is told to stop, and has cost nothing", () =>
    onAccount({ ...posts, starts: ["full", "full", "full", "full"] }, ({ platform }) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(compileBrand(yield* addCompile("b", "c"), () => Effect.void))
        yield* letPass("1 second")
        yield* Fiber.interrupt(fiber)
        assert.deepInclude((yield* runRows)[0], { status: "starting" })
        assert.strictEqual(platform.starts.length, 1)
      })))

  it.effect("is used by as many sources at a time as the setting says", () => {
    const { compiled, connected, layers, platform } = setUp({ ...posts, statuses: ["RUNNING", "SUCCEEDED"] }, {
      sourcesAtATime: 2
    })
    return Effect.gen(function*() {
      yield* connected("a.a", "b.b", "c.c", "d.d", "e.e")
      assert.strictEqual((yield* compiled("c")).refreshed.length, 5)
      assert.strictEqual(platform.mostRunning(), 2)
    }).pipe(Effect.provide(layers))
  })
})

describe("a run that is paid for", () => {
  it.effect("is bounded on the platform too, in what it may charge for and how long it goes on", () =>
    onAccount(posts, ({ compiled, platform }) =>
      Effect.gen(function*() {
        yield* compiled("c")
        assert.deepStrictEqual(platform.starts[0]?.limits, { maxItems: 8, timeout: Duration.seconds(600) })
      })))

  it.effect("may not be seen at once: it is asked for again", () =>
    onAccount({ ...posts, unseen: 2 }, ({ compiled, platform }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* compiled("c")).refreshed.length, 1)
        assert.strictEqual(platform.starts.length, 1)
      })))

  it.effect("that is never seen fails its source after half a minute", () =>
    onAccount({ ...posts, unseen: 1_000 }, ({ compiled }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* compiled("c")).failed[0]?.error, "It answers 404 (404 record-not-found)")
        assert.isAtMost(Number((yield* runRows)[0]?.["finished_at"]), 45_000)
      })))

  it.effect.each(
    [
      { now: "seen", script: posts, starts: 1 },
      { now: "not seen either", script: { ...posts, unseen: 1_000 }, starts: 2 }
    ] as const
  )(
    "that was not seen for so long is looked at by the next compile; it is $now then",
    ({ script, starts }) =>
      onAccount({ ...posts, unseen: 1_000 }, ({ becomes, compiled, platform }) =>
        Effect.gen(function*() {
          yield* compiled("c1")
          becomes(script)
          yield* compiled("c2")
          assert.strictEqual(platform.starts.length, starts)
        }))
  )

  it.effect("says why it failed", () =>
    onAccount(
      { statuses: ["FAILED"], statusMessage: "The profile is private" },
      ({ compiled }) =>
        Effect.gen(function*() {
          const error = "The run ended as FAILED: The profile is private"
          assert.strictEqual((yield* compiled("c")).failed[0]?.error, error)
          assert.strictEqual((yield* runRows)[0]?.["error_summary"], error)
        })
    ))

  it.effect("is looked for when its start was not answered, and not started again", () =>
    onAccount({ ...posts, starts: ["lost"] }, ({ compiled, platform }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* compiled("c")).refreshed.length, 1)
        assert.strictEqual(platform.starts.length, 1)
        assert.deepInclude((yield* runRows)[0], { platform_run_id: "apify~instagram-scraper#1", status: "succeeded" })
      })))

  it.effect("is started again when it was looked for and there is none", () =>
    onAccount({ ...posts, starts: ["vanished"] }, ({ compiled, platform }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* compiled("c")).refreshed.length, 1)
        assert.strictEqual(platform.starts.length, 2)
        assert.strictEqual(platform.searches.length, 3)
      })))

  it.effect("is started three times at most, where the platform never says what it did", () =>
    onAccount(
      { starts: Array.from({ length: 9 }, () => "vanished") },
      ({ compiled, platform }) =>
        Effect.gen(function*() {
          assert.strictEqual((yield* compiled("c")).failed[0]?.error, "It answers 502 (502 http-error)")
          assert.strictEqual(platform.starts.length, 3)
        })
    ))

  it.effect.each([0, 2])(
    "by an attempt that was stopped before it knew of it is found by the next, at look %i",
    (unlisted) =>
      onAccount({ ...posts, starts: ["lost"], unlisted }, ({ platform }) =>
        Effect.gen(function*() {
          const payload = yield* addCompile("b", "c")
          const first = yield* Effect.fork(compileBrand(payload, () => Effect.void))
          yield* letPass("1 second")
          yield* Fiber.interrupt(first)
          yield* passing(compileBrand(payload, () => Effect.void))
          assert.strictEqual(platform.starts.length, 1)
          assert.deepInclude((yield* runRows)[0], { status: "succeeded" })
        }))
  )

  it.effect("and took too long is made use of by the next compile, which does not pay again", () =>
    onAccount({ ...posts, statuses: ["RUNNING"] }, ({ becomes, compiled, platform }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* compiled("c1")).failed[0]?.apify_run_status, "timed_out")
        becomes(posts)
        const { refreshed } = yield* compiled("c2")
        assert.deepInclude(refreshed[0], { reason: "No successful run exists for this source", raw_items_count: 2 })
        assert.strictEqual(platform.starts.length, 1)
        // Used once, it is no longer one that is left behind.
        assert.deepStrictEqual((yield* runRows).map((row) => row["is_unresolved"]), [0, 0])
        assert.strictEqual((yield* compiled("c3")).reused.length, 1)
      })))

  it.effect.each(["getRun", "getItems"] as const)(
    "and lost sight of when the platform failed at %s is made use of by the next compile",
    (failing) =>
      onAccount({ ...posts, failing }, ({ becomes, compiled, platform }) =>
        Effect.gen(function*() {
          assert.strictEqual((yield* compiled("c1")).failed.length, 1)
          becomes(posts)
          assert.strictEqual((yield* compiled("c2")).refreshed.length, 1)
          assert.strictEqual(platform.starts.length, 1)
        }))
  )

  it.effect.each([401, 403])(
    "and may not be looked at (%s) stays one that is left behind",
    (status) =>
      afterRunLeftBehind(({ becomes, compiled, platform }) =>
        Effect.gen(function*() {
          becomes({ ...posts, refusing: { at: "getRun", status } })
          assert.strictEqual((yield* compiled("c2")).failed[0]?.error, `It answers ${status} (${status} refused)`)
          assert.deepInclude((yield* runRows)[0], { compile_run_id: "c1", is_unresolved: 1 })
          assert.strictEqual(platform.starts.length, 1)
        })
      )
  )

  it.effect("is not hidden by a later compile that could not look at it", () =>
    afterRunLeftBehind(({ becomes, compiled, platform }) =>
      Effect.gen(function*() {
        becomes({ ...posts, failing: "getRun" })
        assert.strictEqual((yield* compiled("c2")).failed.length, 1)
        // Nothing was asked for in its name, so there is nothing to look for.
        assert.deepStrictEqual((yield* runRows).map((row) => row["is_unresolved"]), [1, 0])
        becomes(posts)
        assert.strictEqual((yield* compiled("c3")).refreshed.length, 1)
        assert.strictEqual(platform.starts.length, 1)
      })
    ))

  it.effect.each(
    [
      ["asked otherwise", withLimit(3)],
      ["is not at the platform", "platform_run_id = NULL"]
    ] as const
  )(
    "is not hidden by a newer one that %s",
    ([, change]) =>
      afterRunLeftBehind(({ becomes, compiled, platform }) =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* addCompile("b", "c2")
          yield* sql`
        INSERT INTO brandbrain_apify_run (
          id, brand_id, compile_run_id, source_id, actor_id, input, item_limit, reason, status, is_unresolved,
          error_summary, platform_run_id, started_at, finished_at
        )
        SELECT 'newer', brand_id, 'c2', source_id, actor_id, input, item_limit, reason, 'failed', 1,
          error_summary, 'other', started_at + 1, finished_at
        FROM brandbrain_apify_run`
          yield* sql`UPDATE brandbrain_apify_run SET ${sql.literal(change)} WHERE id = 'newer'`
          becomes(posts)
          assert.strictEqual((yield* compiled("c3")).refreshed.length, 1)
          assert.strictEqual(platform.starts.length, 1)
        })
      )
  )

  it.effect("is not made use of once a newer one has been", () =>
    afterRunLeftBehind(({ becomes, compiled, platform }) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE brandbrain_apify_run SET ${sql.literal(withLimit(3))}`
        becomes(posts)
        yield* compiled("c2")
        yield* sql`UPDATE brandbrain_apify_run SET ${sql.literal(withLimit(8))}`
        assert.strictEqual((yield* compiled("c3", { forceRefresh: true })).refreshed.length, 1)
        assert.strictEqual(platform.starts.length, 3)
      })
    ))

  it.effect("and took too long, and then came to nothing, is started again", () =>
    afterRunLeftBehind(({ becomes, compiled, platform }) =>
      Effect.gen(function*() {
        // The look back at the first run, and then the second run.
        becomes({ ...posts, statuses: ["TIMED-OUT"] })
        assert.strictEqual((yield* compiled("c2")).failed[0]?.error, "The run ended as TIMED-OUT")
        becomes(posts)
        assert.strictEqual((yield* compiled("c3")).refreshed.length, 1)
        assert.strictEqual(platform.starts.length, 3)
      })
    ))

  it.effect("longer ago than evidence may be old is not made use of, nor one of an hour ago by a forced compile", () =>
    afterRunLeftBehind(({ becomes, compiled, platform }) =>
      Effect.gen(function*() {
        yield* letPass("50 minutes")
        yield* compiled("c2", { forceRefresh: true })
        assert.strictEqual(platform.starts.length, 2)
        yield* letPass("25 hours")
        becomes(posts)
        assert.strictEqual((yield* compiled("c3")).refreshed.length, 1)
        assert.strictEqual(platform.starts.length, 3)
      })
    ))

  it.effect("whose items are refused for good is not taken again without end", () =>
    onAccount({
      ...posts,
      refusing: { at: "getItems", status: 400 }
    }, ({ becomes, compiled, platform }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* compiled("c1")).failed.length, 1)
        assert.deepInclude((yield* runRows)[0], { status: "failed", is_unresolved: 0 })
        becomes(posts)
        assert.strictEqual((yield* compiled("c2")).refreshed.length, 1)
        assert.strictEqual(platform.starts.length, 2)
      })))

  it.effect("is as old as its start, however many compiles have taken it over", () =>
    afterRunLeftBehind(({ becomes, compiled, platform }) =>
      Effect.gen(function*() {
        yield* letPass("20 hours")
        becomes({ ...posts, failing: "getItems" })
        assert.strictEqual((yield* compiled("c2")).failed.length, 1)
        assert.deepStrictEqual((yield* runRows).map((row) => row["started_at"]), [0, 0])
        assert.strictEqual(platform.starts.length, 1)
        yield* letPass("5 hours")
        becomes(posts)
        assert.strictEqual((yield* compiled("c3")).refreshed.length, 1)
        assert.strictEqual(platform.starts.length, 2)
      })
    ))

  it.effect("and asked otherwise than it would be now is not made use of", () =>
    afterRunLeftBehind(({ becomes, compiled, platform }) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE brandbrain_apify_run SET ${sql.literal(withLimit(3))}`
        becomes(posts)
        assert.strictEqual((yield* compiled("c2")).refreshed.length, 1)
        assert.strictEqual(platform.starts.length, 2)
      })
    ))
})
