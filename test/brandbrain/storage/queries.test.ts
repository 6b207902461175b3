import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Tracer } from "effect"
import * as RecordedActorPlatform from "../../../src/brandbrain/actors/RecordedActorPlatform.ts"
import { Brands } from "../../../src/brandbrain/brands/Brands.ts"
import { createSampleBrand } from "../../../src/brandbrain/brands/sampleBrand.ts"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { requestCompile } from "../../../src/brandbrain/compile/requestCompile.ts"
import { Evidence } from "../../../src/brandbrain/evidence/Evidence.ts"
import { Snapshots } from "../../../src/brandbrain/snapshots/Snapshots.ts"
import * as RandomId from "../../../src/brandbrain/storage/RandomId.ts"
import { JobId, JobQueue } from "../../../src/index.ts"
import { addCompile, compile, memoryApp } from "../memoryApp.ts"

/** Notes every statement that the effect runs. */
const statementsOf = Effect.fn("statementsOf")(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const found = new Set<string>()
  const tracer = yield* Effect.tracer
  const listening = Tracer.make({
    context: (run, fiber) => tracer.context(run, fiber),
    span: (...args) => {
      const span = tracer.span(...args)
      const attribute = span.attribute.bind(span)
      span.attribute = (key, value) => {
        attribute(key, value)
        if (key === "db.query.text" && typeof value === "string") {
          found.add(value)
        }
      }
      return span
    }
  })
  yield* Effect.withTracer(effect, listening)
  return [...found]
})

/** How SQLite would go about the statement, a step a line. */
const planOf = Effect.fn("planOf")(function*(statement: string) {
  const sql = yield* SqlClient.SqlClient
  const parameters = Array.from({ length: statement.split("?").length - 1 }, () => "x")
  const steps = yield* sql.unsafe<{ detail: string }>(`EXPLAIN QUERY PLAN ${statement}`, parameters)
  return steps.map((step) => step.detail)
})

/** Everything the app asks of the database, from an empty one to a second snapshot read back. */
const everything = Effect.gen(function*() {
  const id = yield* createSampleBrand()
  const ask = requestCompile({ brandId: id, forceRefresh: false })
  yield* ask
  yield* compile(yield* addCompile(id, "c1"))
  yield* compile(yield* addCompile(id, "c2"))
  yield* ask
  const brands = yield* Brands
  yield* brands.listByTenant("default")
  yield* brands.find("default", id)
  yield* brands.changeAnswers(id, { "tier0.edge": "Only we do." })
  yield* brands.overrides(id)
  const sources = yield* Sources
  const [source] = yield* sources.list(id)
  assert(source)
  yield* sources.update(id, source.id, { enabled: false })
  yield* sources.remove(id, source.id)
  yield* brands.patchOverrides(id, { overrides: { "voice.taboos": ["glue"] } })
  const snapshots = yield* Snapshots
  yield* snapshots.latest(id)
  yield* snapshots.latestReport(id)
  yield* snapshots.history(id, { limit: 20, offset: 0 })
  yield* snapshots.count(id)
  yield* snapshots.bundleItemIds(id, "bundle")
  yield* (yield* Evidence).findByIds(id, ["item"])
})

/** Answers as a queue would that has one job forever, so that only the app's own statements are seen. */
const oneJob = Layer.mock(JobQueue, {
  enqueue: () =>
    Effect.succeed({
      id: JobId.make("00000000-0000-4000-8000-000000000000"),
      enqueued: true,
      outcome: "enqueued" as const
    })
})

const app = () => Layer.mergeAll(memoryApp(), RandomId.layer, RecordedActorPlatform.layer(), oneJob)

describe("the app's statements", () => {
  it.effect("find their rows by an index, every one", () =>
    Effect.gen(function*() {
      const statements = (yield* statementsOf(everything)).filter((each) =>
        /^\s*(?:SELECT|UPDATE|DELETE|INSERT)/i.test(each)
      )
      assert.isAbove(statements.length, 25)
      for (const statement of statements.filter((each) => !each.includes("brandbrain_migrations"))) {
        const scans = (yield* planOf(statement)).filter((step) =>
          /^SCAN (?!(?:json_each|element|newest|best|CONSTANT ROW|\(subquery)\b)/.test(step)
        )
        assert.deepStrictEqual(scans.filter((step) => !step.startsWith("SCAN (subquery")), [], statement)
      }
    }).pipe(Effect.provide(app())))

  it.effect("that choose evidence read the newest and the best out of an index, and sort nothing", () =>
    Effect.gen(function*() {
      const statements = yield* statementsOf(
        Effect.flatMap(Evidence, (evidence) => evidence.findCandidates("b", ["s"]))
      )
      assert.strictEqual(statements.length, 1)
      const plan = (yield* planOf(statements[0] ?? "")).join("\n")
      assert.include(
        plan,
        "brandbrain_evidence_item_newest (brand_id=? AND platform=? AND content_type=? AND is_collection_page=?)"
      )
      assert.include(
        plan,
        "brandbrain_evidence_item_best (brand_id=? AND platform=? AND content_type=? AND is_collection_page=?)"
      )
      assert.notInclude(plan, "ORDER BY")
    }).pipe(Effect.provide(app())))
})
