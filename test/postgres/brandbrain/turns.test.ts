import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import type { Context } from "effect"
import { Deferred, Effect, Fiber, Layer, Logger, Option, Schedule } from "effect"
import { Brands } from "../../../src/brandbrain/brands/Brands.ts"
import { createSampleBrand, sampleBrandId } from "../../../src/brandbrain/brands/sampleBrand.ts"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { compileBrand } from "../../../src/brandbrain/compile/compileBrand.ts"
import { CompileRuns } from "../../../src/brandbrain/compile/CompileRuns.ts"
import { firstStart } from "../../../src/brandbrain/compile/firstStart.ts"
import { requestCompile } from "../../../src/brandbrain/compile/requestCompile.ts"
import { Evidence } from "../../../src/brandbrain/evidence/Evidence.ts"
import { ApifyRuns } from "../../../src/brandbrain/gather/ApifyRuns.ts"
import { ingestSource } from "../../../src/brandbrain/gather/ingestSource.ts"
import * as RandomId from "../../../src/brandbrain/storage/RandomId.ts"
import { inTurnOfBrand } from "../../../src/brandbrain/storage/turns.ts"
import { JobQueue } from "../../../src/index.ts"
import { PostgresStore } from "../../../src/postgres.ts"
import { someEvidence } from "../../brandbrain/evidence/someEvidence.ts"
import { addBrand, addCompile, answers, appOn } from "../../brandbrain/memoryApp.ts"
import { scriptedPlatform } from "../../brandbrain/scriptedPlatform.ts"
import { freshDatabase } from "../freshDatabase.ts"

const { layer: platform } = scriptedPlatform(() => ({ items: [{ id: "p1", caption: "Boots" }, { id: "p2" }] }))

/** The app of a program, with a few connections of its own. */
const appOf = (url: Effect.Effect.Success<typeof freshDatabase>) =>
  Layer.mergeAll(appOn(), RandomId.layer, platform).pipe(
    Layer.provideMerge(JobQueue.layer),
    Layer.provideMerge(PostgresStore.layer({ url, maxConnections: 3 }))
  )

type App = Layer.Layer.Success<ReturnType<typeof appOf>>

type Programs = readonly [Context.Context<App>, ...ReadonlyArray<Context.Context<App>>]

/** Runs a test with so many programs that have started on one database, in the first unless it says otherwise. */
const withPrograms = <A, E>(count: number, test: (programs: Programs) => Effect.Effect<A, E, App>) =>
  Effect.gen(function*() {
    const url = yield* freshDatabase
    const start = Layer.build(Layer.fresh(appOf(url)))
    const programs: Programs = [yield* start, ...yield* Effect.replicateEffect(start, count - 1)]
    return yield* Effect.provide(test(programs), programs[0])
  }).pipe(Effect.scoped, Effect.provide(Logger.remove(Logger.defaultLogger)))

/** Runs an effect in every program at the same time. */
const inAll = <A, E>(programs: Programs, effect: (index: number) => Effect.Effect<A, E, App>) =>
  Effect.forEach(programs, (program, index) => Effect.provide(effect(index), program), { concurrency: "unbounded" })

/** Runs a change in a transaction that is committed once the effect has ended, or waits for it. */
const during = <A, E, B, F>(change: Effect.Effect<A, E, App>, effect: Effect.Effect<B, F, App>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const [changed, committing] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
    const end = Effect.zipRight(Deferred.succeed(changed, undefined), Deferred.await(committing))
    const transaction = yield* Effect.fork(sql.withTransaction(Effect.zipLeft(change, end)))
    yield* Effect.raceFirst(Deferred.await(changed), Fiber.join(transaction))
    const beside = yield* Effect.fork(effect)
    const waiting = sql`
      SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
    yield* waiting.pipe(
      Effect.repeat({ until: ({ length }) => length > 0, schedule: Schedule.spaced("5 millis") }),
      Effect.raceFirst(Fiber.await(beside))
    )
    yield* Deferred.succeed(committing, undefined)
    yield* Fiber.join(transaction)
    return yield* Fiber.join(beside)
  })

const aRun = {
  id: "apify~instagram-scraper#1",
  actId: "apify~instagram-scraper",
  status: "RUNNING",
  statusMessage: null,
  defaultDatasetId: "dataset of apify~instagram-scraper#1",
  startedAt: null,
  finishedAt: null
}

const rounds = Array.from({ length: 10 }, (_, round) => round)

const site = { source: "web.crawl_pages", identifier: "cobble.example" }

describe("programs on one PostgreSQL that change a brand at the same time", () => {
  it.live("lose no answer, no override and no pin", () =>
    withPrograms(4, (programs) =>
      Effect.gen(function*() {
        yield* addBrand("b")
        const brands = yield* Brands
        const questions = ["tier0.edge", "tier0.taboos", "tier1.key_pages", "tier1.pillars_seed"]
        const paths = ["voice.taboos", "voice.tone_tags", "positioning.who_for", "meta.content_goal"]
        for (const round of rounds) {
          yield* inAll(programs, (index) =>
            Effect.flatMap(Brands, ({ changeAnswers, patchOverrides }) =>
              Effect.all([
                changeAnswers("b", { [questions[index] ?? ""]: `${round}` }),
                patchOverrides("b", { overrides: { [paths[index] ?? ""]: round } })
              ], { concurrency: 2 })))
          const profile = yield* brands.profile("b")
          assert.deepStrictEqual(profile.answers, {
            ...answers,
            ...Object.fromEntries(questions.map((question) => [question, `${round}`]))
          })
          assert.deepStrictEqual(
            profile.overrides.overrides,
            Object.fromEntries(paths.map((path) => [path, round]))
          )
        }
      })))

  it.live("keep all answers that were saved while one of them was changed", () =>
    withPrograms(2, (programs) =>
      Effect.gen(function*() {
        yield* addBrand("b")
        const brands = yield* Brands
        for (const round of rounds) {
          const saved = { ...answers, "tier0.who_for": `Round ${round}` }
          yield* inAll(programs, (index) =>
            Effect.flatMap(Brands, ({ changeAnswers, saveAnswers }) =>
              index === 0 ? saveAnswers("b", saved) : changeAnswers("b", { "tier0.edge": "Only we do." })))
          assert.include((yield* brands.profile("b")).answers, saved)
        }
      })))

  it.live("connect an account once, and do not bring back a source that was removed", () =>
    withPrograms(4, (programs) =>
      Effect.gen(function*() {
        yield* addBrand("b")
        const sources = yield* Sources
        for (const _ of rounds) {
          const connected = yield* inAll(programs, () => Effect.flatMap(Sources, ({ connect }) => connect("b", site)))
          assert.deepStrictEqual(connected.filter(({ isNew }) => isNew).length, 1)
          const id = connected[0]?.id ?? ""
          yield* inAll(programs, (index) =>
            Effect.gen(function*() {
              const { remove, update } = yield* Sources
              if (index === 0) return yield* remove("b", id)
              const change = Effect.replicateEffect(update("b", id, { enabled: false }), 5)
              yield* Effect.catchTag(change, "SourceNotFound", () => Effect.void)
            }))
          assert.deepStrictEqual(yield* sources.list("b"), [])
        }
      })))

  it.live("find an item once, for each source that has it", () =>
    withPrograms(4, (programs) =>
      Effect.gen(function*() {
        yield* addBrand("b")
        const evidence = yield* Evidence
        for (const round of rounds) {
          const items = [1, 2, 3].map((item) => someEvidence({ id: "", external_id: `${round} ${item}` }))
          const counts = yield* inAll(
            programs,
            (index) =>
              Effect.flatMap(Evidence, ({ upsert }) => upsert({ brandId: "b", id: `s${round} ${index}` }, items))
          )
          assert.sameMembers(counts.map(({ created }) => created), [0, 0, 0, 3])
          for (const index of programs.keys()) {
            assert.strictEqual((yield* evidence.findCandidates("b", [`s${round} ${index}`])).length, 3)
          }
        }
      })))

  it.live("request one compile, and are told which", () =>
    withPrograms(4, (programs) =>
      Effect.gen(function*() {
        for (const round of rounds) {
          const brandId = `b${round}`
          yield* addBrand(brandId)
          yield* (yield* Sources).connect(brandId, site)
          const asked = yield* inAll(programs, () => requestCompile({ brandId, forceRefresh: false }))
          assert.deepStrictEqual(asked.map(({ _tag }) => _tag).toSorted(), [
            "Requested",
            "UnderWay",
            "UnderWay",
            "UnderWay"
          ])
          const ids = asked.map((each) => each._tag === "Unchanged" ? "" : `${each.compileRunId} ${each.jobId}`)
          assert.strictEqual(new Set(ids).size, 1)
        }
      })))

  it.live("request a compile of the sources that another connects meanwhile", () =>
    withPrograms(1, () =>
      Effect.gen(function*() {
        yield* addBrand("b")
        const { connect } = yield* Sources
        const asked = yield* during(connect("b", site), requestCompile({ brandId: "b", forceRefresh: false }))
        assert.strictEqual(asked._tag, "Requested")
      })))

  it.live("save the items of one run once, whichever attempt has them first", () =>
    withPrograms(4, (programs) =>
      Effect.gen(function*() {
        yield* addBrand("b")
        const source = yield* (yield* Sources).connect("b", { source: "instagram.posts", identifier: "cobble" })
        const runs = yield* ApifyRuns
        for (const round of rounds) {
          const compileRunId = `c${round}`
          yield* addCompile("b", compileRunId)
          const start = { actorId: "apify~instagram-scraper", input: {}, itemLimit: 8, reason: "It is time" }
          const id = yield* runs.addStarting({ ...start, brandId: "b", compileRunId, sourceId: source.id })
          yield* runs.markStarted(id, aRun)
          const ingested = yield* inAll(programs, () => ingestSource({ source, compileRunId, reason: "It is time" }))
          for (const each of ingested) assert.deepInclude(each, { _tag: "Succeeded", rawItems: 2 })
          assert.strictEqual((yield* runs.rawItems(id)).length, 2)
        }
      })))

  it.live("number its snapshots one by one, and save one for each compile", () =>
    withPrograms(4, (programs) =>
      Effect.gen(function*() {
        yield* addBrand("b")
        const [first, second] = [yield* addCompile("b", "c1"), yield* addCompile("b", "c2")]
        const snapshots = yield* inAll(programs, (index) => compileBrand(index < 2 ? first : second, () => Effect.void))
        assert.sameMembers(snapshots.map(({ version }) => version), [1, 1, 2, 2])
        assert.deepStrictEqual(snapshots[0], snapshots[1])
        assert.deepStrictEqual(snapshots[2], snapshots[3])
      })))

  it.live("record the outcome of every source of a compile", () =>
    withPrograms(4, (programs) =>
      Effect.gen(function*() {
        yield* addBrand("b")
        for (const round of rounds) {
          const id = `c${round}`
          yield* addCompile("b", id)
          const entry = { source: "instagram.posts", reason: "It is disabled" } as const
          yield* inAll(programs, (index) =>
            Effect.flatMap(CompileRuns, ({ recordOutcome }) =>
              recordOutcome(id, `s${index}`, { status: "skipped", entry })))
          const run = yield* (yield* CompileRuns).get("b", id)
          assert.strictEqual(run.evidence_status.skipped.length, 4)
          assert.deepStrictEqual(Object.keys(run.recorded_sources).toSorted(), ["s0", "s1", "s2", "s3"])
        }
      })))

  it.live("may refer to it in new rows while it is the turn of another", () =>
    withPrograms(2, (programs) =>
      Effect.gen(function*() {
        yield* addBrand("b")
        const sql = yield* SqlClient.SqlClient
        const taken = yield* Deferred.make<void>()
        const turn = yield* Effect.fork(
          inTurnOfBrand(sql, "b")(Effect.zipRight(Deferred.succeed(taken, undefined), Effect.never))
        )
        yield* Deferred.await(taken)
        const added = inAll(programs, (index) => addCompile("b", `c${index}`))
        assert.isTrue(Option.isSome(yield* Effect.timeoutOption(added, "5 seconds")))
        yield* Fiber.interrupt(turn)
      })))
})

describe("programs that start at the same time on an empty PostgreSQL", () => {
  it.live("create one sample brand with one compile, and one of them says so", () =>
    withPrograms(6, (programs) =>
      Effect.gen(function*() {
        const said: Array<string> = []
        const listening = Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ message }) => void said.push(String(message)))
        )
        yield* Effect.provide(inAll(programs, () => firstStart), listening)
        assert.deepStrictEqual(
          said.filter((message) => message.startsWith("Created the sample brand")).length,
          1
        )
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual(yield* sql`SELECT id FROM brandbrain_brand`, [{ id: "quillhaven" }])
        assert.strictEqual((yield* (yield* Sources).list("quillhaven")).length, 7)
        assert.strictEqual((yield* sql`SELECT id FROM brandbrain_compile_run`).length, 1)
        assert.strictEqual((yield* JobQueue.list()).jobs.length, 1)
      })))

  it.live("are asked for the sample brand and create it once", () =>
    withPrograms(4, (programs) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* inAll(programs, () => createSampleBrand()), [
          "quillhaven",
          "quillhaven",
          "quillhaven",
          "quillhaven"
        ])
        assert.strictEqual((yield* (yield* Sources).list("quillhaven")).length, 7)
      })))

  it.live("keep answers that are saved while the sample brand is asked for", () =>
    withPrograms(1, () =>
      Effect.gen(function*() {
        const brands = yield* Brands
        yield* brands.add({ id: sampleBrandId, tenantId: "tenant", name: "Ours" })
        yield* during(brands.saveAnswers(sampleBrandId, answers), createSampleBrand())
        assert.deepStrictEqual((yield* brands.profile(sampleBrandId)).answers, answers)
        assert.deepStrictEqual(yield* (yield* Sources).list(sampleBrandId), [])
      })))
})
