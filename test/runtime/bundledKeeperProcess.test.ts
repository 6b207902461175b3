import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { build } from "esbuild"
import { join } from "node:path"
import { startProcess } from "../processes/startProcess.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"

/** An app whose handler blocks the event loop for longer than its lease. */
const app = `
import { Console, Effect, Layer, Schema } from "effect"
import { Job, JobQueue, Worker } from "./dist/index.js"
import { SqliteStore } from "./dist/sqlite.js"

const Block = Job.make("bundled.block", { payload: Schema.Void, leaseFor: "1 second" })
const BlockLive = Block.toLayer(() => {
  for (const until = performance.now() + 2_500; performance.now() < until;);
  return Effect.sleep("50 millis")
})
const program = Effect.gen(function*() {
  const { id } = yield* JobQueue.enqueue(Block, undefined)
  yield* Worker.run({ jobs: [Block], heartbeatInterval: "200 millis", once: true })
  const { attempts, status } = yield* JobQueue.get(id)
  yield* Console.log("The job", status, "at attempt", attempts)
})
const store = SqliteStore.layer({ filename: process.argv[2] })
await Effect.runPromise(Effect.provide(program, Layer.mergeAll(BlockLive, JobQueue.layer).pipe(Layer.provideMerge(store))))
`

const requires =
  "import { createRequire as requireOfBundle } from \"node:module\"; const require = requireOfBundle(import.meta.url);"

it.scopedLive.each([
  { names: "minified, with the names kept", minify: true, keepNames: true },
  { names: "minified", minify: true, keepNames: false }
])("a thread keeps leases in an app whose bundle is $names", ({ keepNames, minify }) =>
  Effect.gen(function*() {
    const outfile = `.build/test/bundledKeeper-${keepNames}.mjs`
    yield* Effect.promise(() =>
      build({
        stdin: { contents: app, resolveDir: process.cwd() },
        outfile,
        bundle: true,
        format: "esm",
        platform: "node",
        external: ["better-sqlite3"],
        banner: { js: requires },
        minify,
        keepNames
      })
    )
    const program = yield* startProcess([outfile, join(yield* temporaryFolder, "jobs.db")])
    yield* program.says("a thread extended the leases")
    yield* program.says("The job succeeded at attempt 1")
    assert.deepStrictEqual(yield* program.ended, { code: 0, signal: null })
    assert.deepStrictEqual(program.complained, [])
  }))
