import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Fiber, TestClock, TestServices } from "effect"
import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { databaseIn, makeTerminal, runOnTerminal, runProgram } from "../../program/runProgram.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"

interface Statement {
  readonly sources: ReadonlyArray<{ readonly type: string; readonly id: string }>
}

/**
 * Lets a second of the test's clock pass every 20 ms, until the scope closes: what waits
 * for seconds need not. Where the event loop stands still, so does this clock.
 */
const passTime = TestClock.adjust("1 second").pipe(
  Effect.zipRight(TestServices.provideLive(Effect.sleep("20 millis"))),
  Effect.forever,
  Effect.forkScoped
)

describe("a person at the terminal", () => {
  it.scopedLive("who watches a compile that fails is told so by the exit code, and what to type next", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* runProgram(folder, ["brandbrain", "seed"])
      const asked = yield* runProgram(folder, ["brandbrain", "compile", "quillhaven"])
      const { compile_run_id: run } = JSON.parse(asked.said.join("\n")) as { readonly compile_run_id: string }
      yield* Effect.sync(() => {
        const database = new Database(databaseIn(folder))
        database.exec("DELETE FROM holdfast_jobs")
        database.close()
      })
      const { code, complained, said } = yield* runProgram(folder, [
        "brandbrain",
        "status",
        "quillhaven",
        run,
        "--watch"
      ])
      assert.strictEqual(code, 1)
      assert.include(said.join("\n"), "\"status\":\"FAILED\"")
      assert.include(
        complained.join("\n"),
        "The compile failed: The job of this compile is gone. Once that is mended, type: brandbrain compile quillhaven"
      )
    }))

  it.scopedLive("who watches a compile to its failure has one sentence about it, in place of the status", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* runProgram(folder, ["brandbrain", "seed"])
      const terminal = makeTerminal()
      const watching = yield* Effect.fork(
        runOnTerminal(folder, ["brandbrain", "compile", "quillhaven", "--watch"], terminal)
      )
      yield* terminal.shows("Waiting for a worker: npx pnpm@10 start (1s)")
      yield* Effect.sync(() => {
        const database = new Database(databaseIn(folder))
        database.exec("DELETE FROM holdfast_jobs")
        database.close()
      })
      assert.strictEqual(yield* Fiber.join(watching), 1)
      const sentence = "The compile failed: The job of this compile is gone. " +
        "Once that is mended, type: npx pnpm@10 brandbrain compile quillhaven --watch"
      const shown = terminal.text()
      assert.lengthOf(shown.split(sentence), 2)
      assert.match(shown, /start \(\d+s\)\r +\r\d\d:\d\d:\d\d ERROR The compile failed: [^\n]*\n$/)
    }))

  it.scopedLive("who stops watching is told how to go on", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* runProgram(folder, ["brandbrain", "seed"])
      const terminal = makeTerminal()
      const watching = yield* Effect.fork(
        runOnTerminal(folder, ["brandbrain", "compile", "quillhaven", "--watch"], terminal)
      )
      yield* terminal.shows("Waiting for a worker")
      yield* Fiber.interrupt(watching)
      assert.match(
        terminal.text(),
        /\r +\r\d\d:\d\d:\d\d The compile goes on; watch it: npx pnpm@10 brandbrain status quillhaven \S+ --watch\n$/
      )
    }))

  it.scopedLive("who only reads an older database is told what to do, and leaves it as it is", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const inDatabase = (statement: string) =>
        Effect.sync(() => {
          const database = new Database(databaseIn(folder))
          database.exec(statement)
          const tables = database.prepare("SELECT name FROM sqlite_master ORDER BY name").all()
          database.close()
          return tables
        })
      const refused = Effect.fn("refused")(function*(args: ReadonlyArray<string>, words: string) {
        const { code, complained } = yield* runProgram(folder, ["brandbrain", ...args])
        assert.strictEqual(code, 1)
        assert.include(complained.join("\n"), words)
      })
      mkdirSync(dirname(databaseIn(folder)))
      const before = yield* inDatabase("CREATE TABLE notes (text TEXT)")
      for (const args of [["snapshot", "b"], ["report", "b"], ["evidence", "b", "e"], ["status", "b", "r"]]) {
        yield* refused(args, "no tables of Holdfast in this database yet; a worker makes them when it starts")
      }
      assert.deepStrictEqual(yield* inDatabase("SELECT 1"), before)
      assert.strictEqual((yield* runProgram(folder, ["brandbrain", "seed"])).code, 0)
      const without = yield* inDatabase("DELETE FROM brandbrain_migrations")
      yield* refused(
        ["snapshot", "quillhaven"],
        "The tables of BrandBrain in this database are older than this program"
      )
      assert.deepStrictEqual(yield* inDatabase("SELECT 1"), without)
    }))

  it.scoped("enters a brand, has it compiled, and reads what is behind a claim", () =>
    Effect.gen(function*() {
      yield* passTime
      const folder = yield* temporaryFolder
      const ask = Effect.fn("ask")(function*(code: number, ...args: ReadonlyArray<string>) {
        const ran = yield* runProgram(folder, ["brandbrain", ...args])
        const complained = ran.complained.join("\n")
        assert.strictEqual(ran.code, code, complained)
        return { said: ran.said.join("\n"), complained }
      })
      const answer = (...args: ReadonlyArray<string>) =>
        Effect.map(ask(0, ...args), ({ said }): unknown => JSON.parse(said))

      assert.deepStrictEqual(yield* answer("add", "cobble", "Cobble Boots"), {
        brand_id: "cobble",
        name: "Cobble Boots"
      })
      assert.include((yield* ask(1, "answer", "nobody", "tier0.who_for", "All")).complained, "There is no brand nobody")
      assert.include((yield* ask(1, "answer", "cobble", "tier9.size", "9")).complained, "tier9.size is not a question")
      yield* answer("answer", "cobble", "tier0.what_we_do", "We mend boots.")
      yield* answer("answer", "cobble", "tier0.who_for", "People who walk.")
      yield* answer("answer", "cobble", "tier0.primary_goal", "Fewer boots thrown away.")
      yield* answer("answer", "cobble", "tier1.taboos", "Glue")
      assert.deepStrictEqual(yield* answer("answer", "cobble", "tier0.cta_posture", "Rarely."), {
        "tier0.what_we_do": "We mend boots.",
        "tier0.who_for": "People who walk.",
        "tier0.primary_goal": "Fewer boots thrown away.",
        "tier0.cta_posture": "Rarely.",
        "tier1.taboos": ["Glue"]
      })
      assert.include((yield* ask(1, "source", "cobble", "myspace.songs", "x")).complained, "is not a capability")
      assert.deepStrictEqual(yield* answer("source", "cobble", "tiktok.profile_videos", "@QuillhavenCoffee"), {
        source: "tiktok.profile_videos",
        identifier: "quillhavencoffee",
        extra_start_urls: [],
        enabled: true
      })
      assert.deepStrictEqual(yield* answer("report", "cobble"), { report: null })
      const { compile_run_id } = (yield* answer("compile", "cobble")) as { readonly compile_run_id: string }
      const worker = makeTerminal()
      assert.strictEqual(yield* runOnTerminal(folder, ["--max-jobs", "1"], worker), 0)
      assert.match(worker.text(), /\r\w{5} brandbrain\.compile gathering, 0 of 1 sources done, \d+s\r +\r/)
      // Other tests of this process may have run jobs of the kind, too.
      const ended = /\nEnded after \d+s: [1-9]\d* succeeded, \d+ failed, \d+ handed back\b[^\n]*\n([^]*)$/
      assert.strictEqual(
        ended.exec(worker.text())?.[1],
        "Read what was compiled: npx pnpm@10 brandbrain snapshot cobble\n"
      )
      const terminal = makeTerminal()
      const watch = ["brandbrain", "status", "cobble", compile_run_id, "--watch"]
      assert.strictEqual(yield* runOnTerminal(folder, watch, terminal), 0)
      assert.match(
        terminal.text(),
        /Compiled, version 1: 1 gathered\n\d\d:\d\d:\d\d Read it: npx pnpm@10 brandbrain snapshot cobble\n$/
      )

      const { snapshot } = (yield* answer("snapshot", "cobble")) as {
        readonly snapshot: { readonly content: { readonly content_pillars: Statement } }
      }
      const id = snapshot.content.content_pillars.sources.find(({ type }) => type === "evidence")?.id ?? ""
      const shown = yield* answer("evidence", "cobble", id)
      assert.deepInclude((shown as ReadonlyArray<object>)[0], {
        id,
        platform: "tiktok",
        author_ref: "quillhavencoffee"
      })
      const report = (yield* answer("report", "cobble")) as { readonly platforms: object }
      assert.deepStrictEqual(Object.keys(report.platforms), ["tiktok"])
      const none = yield* ask(0, "evidence", "cobble", "nothing")
      assert.deepStrictEqual(JSON.parse(none.said), [])
      assert.include(none.complained, "The brand has no evidence with these ids: nothing")
    }))

  it.scopedLive("turns a site off, and keeps the pages it starts at", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const ask = Effect.fn("ask")(function*(...args: ReadonlyArray<string>) {
        const { code, complained, said } = yield* runProgram(folder, ["brandbrain", ...args])
        assert.strictEqual(code, 0, complained.join("\n"))
        return JSON.parse(said.join("\n")) as unknown
      })
      yield* ask("add", "cobble", "Cobble Boots")
      const page = "https://cobble.example/care"
      const site = { source: "web.crawl_pages", identifier: "https://cobble.example", extra_start_urls: [page] }
      yield* ask("source", "--extra-start-url", page, "cobble", "web.crawl_pages", "cobble.example")
      const off = yield* ask("source", "--off", "cobble", "web.crawl_pages", "cobble.example")
      assert.deepStrictEqual(off, { ...site, enabled: false })
      const on = yield* ask("source", "cobble", "web.crawl_pages", "cobble.example")
      assert.deepStrictEqual(on, { ...site, enabled: true })
    }))

  it.scopedLive(
    "is warned that a compile of the sample brand costs money where there is an account",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const seeded = Effect.fn("seeded")(function*(environment: Readonly<Record<string, string>>) {
          const { code, complained } = yield* runProgram(folder, ["brandbrain", "seed"], environment)
          assert.strictEqual(code, 0)
          return complained.join("\n")
        })
        assert.include(yield* seeded({ APIFY_TOKEN: "token" }), "runs that cost money")
        assert.notInclude(yield* seeded({}), "runs that cost money")
      })
  )
})
