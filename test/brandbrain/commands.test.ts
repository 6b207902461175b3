import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { startProcess, temporaryFolder } from "../crash/workerProcesses.ts"

const program = join(import.meta.dirname, "../../dist/main.js")

interface Statement {
  readonly sources: ReadonlyArray<{ readonly type: string; readonly id: string }>
}

describe.concurrent("a person at the terminal", () => {
  it.live("enters a brand, has it compiled, and reads what is behind a claim", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const ask = Effect.fn("ask")(function*(code: number, ...args: ReadonlyArray<string>) {
        const process = yield* startProcess([program, "brandbrain", ...args], {}, folder)
        assert.strictEqual((yield* process.ended).code, code, process.complained.join("\n"))
        return { said: process.said.join("\n"), complained: process.complained.join("\n") }
      })
      const answer = (...args: ReadonlyArray<string>) =>
        Effect.map(ask(0, ...args), ({ said }): unknown => JSON.parse(said))

      assert.deepStrictEqual(yield* answer("add", "cobble", "Cobble Boots"), {
        brand_id: "cobble",
        name: "Cobble Boots"
      })
      assert.include((yield* ask(1, "answer", "nobody", "tier0.who_for", "All")).complained, "There is no brand nobody")
      assert.include((yield* ask(1, "answer", "cobble", "tier9.size", "9")).complained, "tier9.size is no question")
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
      assert.include((yield* ask(1, "source", "cobble", "myspace.songs", "x")).complained, "is no capability")
      assert.deepStrictEqual(yield* answer("source", "cobble", "tiktok.profile_videos", "@QuillhavenCoffee"), {
        source: "tiktok.profile_videos",
        identifier: "quillhavencoffee",
        extra_start_urls: [],
        enabled: true
      })
      assert.deepStrictEqual(yield* answer("report", "cobble"), { report: null })
      yield* answer("compile", "cobble")
      const worker = yield* startProcess([program, "--max-jobs", "1"], {}, folder)
      assert.strictEqual((yield* worker.ended).code, 0)

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
      assert.include(none.complained, "The brand has no evidence nothing")
    }).pipe(Effect.scoped), 300_000)

  it.live("turns a site off, and keeps the pages it starts at", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const ask = Effect.fn("ask")(function*(...args: ReadonlyArray<string>) {
        const process = yield* startProcess([program, "brandbrain", ...args], {}, folder)
        assert.strictEqual((yield* process.ended).code, 0, process.complained.join("\n"))
        return JSON.parse(process.said.join("\n")) as unknown
      })
      yield* ask("add", "cobble", "Cobble Boots")
      const page = "https://cobble.example/care"
      const site = { source: "web.crawl_pages", identifier: "https://cobble.example", extra_start_urls: [page] }
      yield* ask("source", "--extra-start-url", page, "cobble", "web.crawl_pages", "cobble.example")
      const off = yield* ask("source", "--off", "cobble", "web.crawl_pages", "cobble.example")
      assert.deepStrictEqual(off, { ...site, enabled: false })
      const on = yield* ask("source", "cobble", "web.crawl_pages", "cobble.example")
      assert.deepStrictEqual(on, { ...site, enabled: true })
    }).pipe(Effect.scoped), 180_000)

  it.live(
    "is warned that a compile of the sample brand costs money where there is an account",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const seeded = Effect.fn("seeded")(function*(environment: Readonly<Record<string, string>>) {
          const process = yield* startProcess([program, "brandbrain", "seed"], environment, folder)
          assert.strictEqual((yield* process.ended).code, 0)
          return process.complained.join("\n")
        })
        assert.include(yield* seeded({ APIFY_TOKEN: "token" }), "runs that cost money")
        assert.notInclude(yield* seeded({}), "runs that cost money")
      }).pipe(Effect.scoped),
    60_000
  )
})
