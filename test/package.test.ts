import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { copyFileSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { startProcess, temporaryFolder } from "./crash/workerProcesses.ts"

const run = (file: string, args: ReadonlyArray<string>, cwd: string) =>
  Effect.promise(() => promisify(execFile)(file, [...args], { cwd, maxBuffer: 16 * 1024 * 1024 }))

/** The package manager that runs the tests, or the one that the README names. */
const pnpm = (args: ReadonlyArray<string>, cwd: string) => {
  const runner = process.env["npm_execpath"]
  return runner?.includes("pnpm") === true && /\.[cm]?js$/.test(runner)
    ? run(process.execPath, [runner, ...args], cwd)
    : run("npx", ["--yes", "pnpm@10", ...args], cwd)
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly version: string
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

it.live(
  "the packed package runs the README's program, and type-checks, in an app that has nothing else",
  () =>
    Effect.gen(function*() {
      const app = yield* temporaryFolder
      yield* pnpm(["pack", "--pack-destination", app], ".")
      // What an app brings: the peers, at the versions these tests run with, and what its own program imports.
      const brings = [
        ...Object.keys(manifest.peerDependencies),
        "@effect/platform-node",
        "@effect/cluster",
        "@effect/rpc"
      ]
      writeFileSync(
        join(app, "package.json"),
        JSON.stringify({
          name: "app",
          type: "module",
          private: true,
          dependencies: {
            holdfast: `file:holdfast-${manifest.version}.tgz`,
            ...Object.fromEntries(brings.map((name) => [name, manifest.devDependencies[name]]))
          }
        })
      )
      writeFileSync(join(app, "pnpm-workspace.yaml"), "onlyBuiltDependencies: [better-sqlite3]\n")
      yield* pnpm(["install", "--prefer-offline", "--no-frozen-lockfile"], app)

      copyFileSync("docs/examples/welcome.ts", join(app, "welcome.ts"))
      copyFileSync("docs/examples/signup.ts", join(app, "signup.ts"))
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
    }).pipe(Effect.scoped),
  300_000
)
