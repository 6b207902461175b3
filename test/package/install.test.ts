import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { startProcess, temporaryFolder } from "../crash/workerProcesses.ts"

const run = (file: string, args: ReadonlyArray<string>, cwd: string, environment: Readonly<Record<string, string>>) =>
  Effect.promise(() =>
    promisify(execFile)(file, [...args], {
      cwd,
      env: { ...process.env, ...environment },
      maxBuffer: 16 * 1024 * 1024
    })
  )

const readme = readFileSync("README.md", "utf8")

/** What the README's section on installing shows of a language. */
const shown = (language: string) => {
  const section = /\n## Install\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? ""
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(section)?.[1] ?? ""
}

const lines = shown("sh").trim().split("\n")

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string }

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
    const binary = "build/Release/better_sqlite3.node"
    yield* run("tar", ["czf", join(prebuilt, name), binary], "node_modules/better-sqlite3", {})
    return { npm_config_better_sqlite3_local_prebuilds: prebuilt }
  })

describe("the README's way from an empty folder to a running worker", () => {
  it("names npm, pnpm and bun", () => {
    assert.deepStrictEqual(lines.map((line) => /^(?:npx )?(npm|pnpm|bun)/.exec(line)?.[1]), ["npm", "pnpm", "bun"])
  })

  it.live.each(lines)("%s", (line) =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const environment = yield* builtHere(folder)
      const app = join(folder, "app")
      mkdirSync(app)
      // Word for word, but for where the package comes from.
      const manifest = shown("json").replace(
        /"holdfast": "[^"]*"/,
        `"holdfast": "file:${join(process.cwd(), `.build/holdfast-${version}.tgz`)}"`
      )
      writeFileSync(join(app, "package.json"), manifest)
      copyFileSync("docs/examples/welcome.ts", join(app, "main.ts"))
      const [install = "", start] = line.split(" && ")
      assert.match(start ?? "", /start$/)
      assert.include(manifest, `"start": "tsx main.ts"`)
      const [program = "", ...args] = install.split(" ")
      yield* run(program, program === "npx" ? ["--yes", ...args] : args, app, environment)

      // As the line's second half does; without a package manager in between, which passes on no signal.
      const worker = yield* startProcess([join(app, "node_modules/tsx/dist/cli.mjs"), "main.ts"], {}, app)
      yield* worker.says("Welcome, ada")
      yield* worker.kill("SIGTERM")
      yield* worker.ended
    }).pipe(Effect.scoped), 300_000)
})
