import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { startProcess } from "../processes/startProcess.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { run as runFile, tarball } from "./run.ts"

const run = (file: string, args: ReadonlyArray<string>, cwd: string) => Effect.promise(() => runFile(file, args, cwd))

/** The package manager that runs the tests, or the one that the README names. */
const pnpm = (args: ReadonlyArray<string>, cwd: string) => {
  const runner = process.env["npm_execpath"]
  return runner?.includes("pnpm") === true && /\.[cm]?js$/.test(runner)
    ? run(process.execPath, [runner, ...args], cwd)
    : run("npx", ["--yes", "pnpm@10", ...args], cwd)
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/** An app's own program, on the client that it has already. */
const onItsOwnClient = `import { SqliteClient } from "@effect/sql-sqlite-node"
import { Console, Effect, Layer, Schema } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { SqlJobStore } from "holdfast/sqlite"

const Double = Job.make("number.double", { payload: { number: Schema.Number }, success: Schema.Number })

const program = Effect.gen(function*() {
  const { id } = yield* JobQueue.enqueue(Double, { number: 21 })
  yield* Worker.run({ jobs: [Double], once: true })
  const { result, status } = yield* JobQueue.get(id)
  yield* Console.log("The job", status, "with", result)
})

await program.pipe(
  Effect.provide(Double.toLayer(({ number }) => Effect.succeed(number * 2))),
  Effect.provide(JobQueue.layer),
  Effect.provide(SqlJobStore.layer()),
  Effect.provide(SqliteClient.layer({ filename: "own.db" })),
  Effect.runPromise
)
`

/** A CommonJS program, which on every Node that is supported may require modules. */
const required = `const { Job } = require("holdfast/define")
const { Worker } = require("holdfast")
const { perform } = require("holdfast/testing")
const { make } = require("holdfast/http")
process.stdout.write(
  [Job.make("one.kind", { payload: {} }).kind, Worker && "Worker", perform && "perform", make && "http"].join(" ")
)
`

it.live(
  "the packed package runs the README's program and its tests, and type-checks, in an app that has nothing else but its own SqlClient",
  () =>
    Effect.gen(function*() {
      const app = yield* temporaryFolder
      copyFileSync(tarball, join(app, "holdfast.tgz"))
      // What an app brings: the peers, at the versions these tests run with, and what its own program imports.
      const brings = [
        ...Object.keys(manifest.peerDependencies),
        "@effect/platform-node",
        "@effect/cluster",
        "@effect/rpc",
        "@effect/vitest",
        "vitest"
      ]
      writeFileSync(
        join(app, "package.json"),
        JSON.stringify({
          name: "app",
          type: "module",
          private: true,
          dependencies: {
            holdfast: "file:holdfast.tgz",
            ...Object.fromEntries(brings.map((name) => [name, manifest.devDependencies[name]]))
          }
        })
      )
      writeFileSync(join(app, "pnpm-workspace.yaml"), "onlyBuiltDependencies: [better-sqlite3]\n")
      yield* pnpm(["install", "--prefer-offline", "--no-frozen-lockfile"], app)

      copyFileSync("docs/examples/welcome.ts", join(app, "welcome.ts"))
      copyFileSync("docs/examples/signup.ts", join(app, "signup.ts"))
      copyFileSync("docs/examples/welcome.test.ts", join(app, "welcome.test.ts"))
      writeFileSync(
        join(app, "tsconfig.json"),
        JSON.stringify({
          compilerOptions: { module: "NodeNext", target: "ES2023", strict: true, skipLibCheck: true, types: [] },
          include: ["*.ts"]
        })
      )
      yield* run(join(process.cwd(), "node_modules/.bin/tsc"), ["-p", app], app)

      const program = yield* startProcess([join(app, "welcome.js")], {}, app)
      yield* program.says("Welcome, ada")
      yield* program.kill("SIGTERM")
      assert.deepStrictEqual(yield* program.ended, { code: 0, signal: null })

      writeFileSync(join(app, "own.js"), onItsOwnClient)
      const own = yield* startProcess([join(app, "own.js")], {}, app)
      yield* own.says("The job succeeded with 42")
      assert.deepStrictEqual(yield* own.ended, { code: 0, signal: null })

      writeFileSync(join(app, "required.cjs"), required)
      assert.strictEqual(yield* run(process.execPath, ["required.cjs"], app), "one.kind Worker perform http")

      const shipped = join(app, "node_modules/holdfast/dist")
      const maps = readdirSync(shipped, { recursive: true, encoding: "utf8" }).filter((name) =>
        name.endsWith(".js.map")
      )
      assert.isAtLeast(maps.length, 50)
      for (const map of maps) {
        const { sources, sourcesContent } = JSON.parse(readFileSync(join(shipped, map), "utf8")) as {
          readonly sources: ReadonlyArray<string>
          readonly sourcesContent?: ReadonlyArray<string>
        }
        assert.strictEqual(sourcesContent?.length, sources.length, map)
      }

      const vitest = join(app, "node_modules/.bin/vitest")
      const tests = yield* run(vitest, ["run", "welcome.test.ts", "--reporter=json"], app)
      assert.include(tests, `"numPassedTests":2`)
    }).pipe(Effect.scoped),
  300_000
)
