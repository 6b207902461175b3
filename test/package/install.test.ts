import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { startProcess } from "../processes/startProcess.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { nodes, pathOf } from "./nodes.ts"
import { addon, run, tarball } from "./run.ts"

const readme = readFileSync("README.md", "utf8")

/** What the README's section on installing shows of a language. */
const shown = (language: string) => {
  const section = /\n## Install\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? ""
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(section)?.[1] ?? ""
}

const lines = shown("sh").trim().split("\n")
const [npm = ""] = lines

/**
 * better-sqlite3's install script looks here before it asks the network. It finds what was built for this checkout, so
 * that it need not compile that for each app; of another version, it finds nothing and goes on as always.
 */
const builtHere = (folder: string) =>
  Effect.gen(function*() {
    const built = JSON.parse(readFileSync("node_modules/better-sqlite3/package.json", "utf8")) as {
      readonly version: string
    }
    const prebuilt = join(folder, "prebuilt")
    mkdirSync(prebuilt)
    const { arch, platform, versions } = process
    const name = `better-sqlite3-v${built.version}-node-v${versions.modules}-${platform}-${arch}.tar.gz`
    yield* Effect.promise(() => run("tar", ["czf", join(prebuilt, name), addon], "node_modules/better-sqlite3"))
    return { npm_config_better_sqlite3_local_prebuilds: prebuilt }
  })

/** The README's folder for an app, installed by one of its lines on a Node, and its program running until it is told to stop. */
const installAndStart = Effect.fn(function*(line: string, path: string, change: (manifest: string) => string) {
  const folder = yield* temporaryFolder
  const environment = { ...yield* builtHere(folder), PATH: `${path}:${process.env["PATH"] ?? ""}` }
  const app = join(folder, "app")
  mkdirSync(app)
  // Word for word, but for where the package comes from.
  const manifest = change(shown("json")).replace(
    /"holdfast": "[^"]*"/,
    `"holdfast": "file:${tarball}"`
  )
  writeFileSync(join(app, "package.json"), manifest)
  writeFileSync(join(app, "pnpm-workspace.yaml"), shown("yaml"))
  copyFileSync("docs/examples/welcome.ts", join(app, "main.ts"))
  const [install = "", start] = line.split(" && ")
  assert.match(start ?? "", /start$/)
  assert.include(manifest, `"start": "tsx main.ts"`)
  const [program = "", ...args] = install.split(" ")
  yield* Effect.promise(() => run(program, program === "npx" ? ["--yes", ...args] : args, app, environment))

  // As the line's second half does; without the programs in between, which pass on no signal or not always.
  const worker = yield* startProcess(["--import", "tsx", "main.ts"], environment, app, join(path, "node"))
  yield* worker.says("Welcome, ada")
  yield* worker.kill("SIGTERM")
  assert.deepStrictEqual(yield* worker.ended, { code: 0, signal: null }, worker.complained.join("\n"))
  return [...worker.said, ...worker.complained].join("\n")
})

describe("the README's way from an empty folder to a running worker", () => {
  it("names npm, pnpm and bun", () => {
    assert.deepStrictEqual(lines.map((line) => /^(?:npx )?(npm|pnpm|bun)/.exec(line)?.[1]), ["npm", "pnpm", "bun"])
  })

  it.live.each(lines)("on Node 24: %s", (line) =>
    Effect.gen(function*() {
      const told = yield* installAndStart(line, pathOf(nodes[1]), (manifest) => manifest)
      assert.notInclude(told, "Node will abort")
    }).pipe(Effect.scoped), 300_000)

  it.live(
    "on Node 22, with npm",
    () => Effect.asVoid(installAndStart(npm, pathOf(nodes[0]), (manifest) => manifest)).pipe(Effect.scoped),
    300_000
  )

  it.live.runIf(process.version.startsWith("v20."))(
    "on Node 20, with npm and without the overrides",
    () =>
      Effect.asVoid(
        installAndStart(
          npm,
          dirname(process.execPath),
          (manifest) => manifest.replace(/,\n {2}"overrides": \{.*\}/, "")
        )
      ).pipe(Effect.scoped),
    300_000
  )
})
