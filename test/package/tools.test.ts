import { assert, beforeAll, describe, it } from "@effect/vitest"
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll } from "vitest"
import { nodes, programOf } from "./nodes.ts"
import { addon, run, tarball } from "./run.ts"

/** Where the app of these tests is. It names effect, holdfast and the driver, and pnpm shows it nothing else. */
let app = ""
const folders: Array<string> = []

const tool = (name: string, ...args: ReadonlyArray<string>) => run(join(app, "node_modules/.bin", name), args, app)

let databases = 0
/** Runs one job with a compiled or bundled form of the app's program. */
const assertRuns = async (node: string, program: string, folder = app) => {
  const told = await run(node, [program, `${databases++}.db`], folder)
  assert.match(told, /^The job succeeded with 42$/m)
}

/** Copies the app of these tests into a new folder and installs what it names, building nothing. */
const install = async (workspace: string, change = (manifest: string) => manifest) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-app-")))
  folders.push(folder)
  cpSync("test/package/app", folder, { recursive: true })
  copyFileSync(tarball, join(folder, "holdfast.tgz"))
  writeFileSync(join(folder, "package.json"), change(readFileSync("test/package/app/package.json", "utf8")))
  writeFileSync(join(folder, "pnpm-workspace.yaml"), workspace)
  await run("npx", ["--yes", "pnpm@10", "install", "--ignore-scripts", "--prefer-offline"], folder)
  return folder
}

beforeAll(async () => {
  app = await install("")
  // As it was built for this checkout.
  const installed = realpathSync(join(app, "node_modules/better-sqlite3"))
  mkdirSync(join(installed, dirname(addon)), { recursive: true })
  copyFileSync(join("node_modules/better-sqlite3", addon), join(installed, addon))
}, 300_000)

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

describe("the packed package", () => {
  it("has no fault that publint knows", async () => {
    assert.include(await tool("publint", "holdfast.tgz", "--strict"), "All good!")
  })

  it("loads no database driver but by holdfast/sqlite, so that an app of another needs none", async () => {
    const folder = await install("", (manifest) => manifest.replace(/ +"(?:@effect\/sql-|better-)sqlite.*,\n/g, ""))
    const drivers = readdirSync(join(folder, "node_modules/.pnpm")).filter((name) =>
      /^(?:better-sqlite3|@effect\+sql-)/.test(name)
    )
    assert.deepStrictEqual(drivers, [])
    const print = `import("holdfast").then((entry) => process.stdout.write(Object.keys(entry).join()))`
    assert.include(await run(process.execPath, ["--input-type=module", "--eval", print], folder), "JobQueue")
    for (const [url, name] of [["sqlite::memory:", "@effect/sql-sqlite-node"], ["postgres://h/d", "@effect/sql-pg"]]) {
      const open = `
        import { Effect, Layer } from "effect"
        import { Store } from "holdfast/store"
        const refusal = Effect.flip(Effect.scoped(Layer.build(Store.fromUrl("${url}"))))
        process.stdout.write((await Effect.runPromise(refusal)).message)`
      const said = await run(process.execPath, ["--input-type=module", "--eval", open], folder)
      assert.include(said, `this database needs the package ${name}, which is not installed`)
    }
  }, 60_000)

  it("shows its types wherever modules are resolved by its exports", async () => {
    // Its modules are ES modules, which every Node that is supported can also require.
    assert.include(await tool("attw", "holdfast.tgz", "--profile", "esm-only"), "holdfast v")
  })
})

describe("an app that checks its libraries and writes declarations", () => {
  it.each(["5.8", "5.9", "6", "7"])(
    "compiles by TypeScript %s, and its declarations name only what it names",
    async (typescript) => {
      await run(process.execPath, [join(app, `node_modules/typescript-${typescript}/bin/tsc`), "-p", "."], app)
      const declared = readFileSync(join(app, "out/inferred.d.ts"), "utf8")
      for (const [, name] of declared.matchAll(/(?:import\(|from )"([^".][^"]*)"/g)) {
        assert.match(name ?? "", /^(?:holdfast|effect|@effect\/sql-sqlite-node)(?:\/|$)/)
      }
      await assertRuns(process.execPath, "out/main.js")
    },
    60_000
  )
})

describe("a bundle", () => {
  it.each(["esm", "cjs"] as const)("by esbuild as %s runs a job", async (format) => {
    const file = `bundle.${format === "esm" ? "mjs" : "cjs"}`
    await tool(
      "esbuild",
      "main.ts",
      "--bundle",
      "--platform=node",
      `--format=${format}`,
      "--external:better-sqlite3",
      `--outfile=${file}`
    )
    await assertRuns(process.execPath, file)
  })

  it.each(["es", "cjs"] as const)("by vite as %s runs a job", async (format) => {
    await tool("vite", "build", "--mode", format)
    await assertRuns(process.execPath, `vite-${format}/main.${format === "es" ? "mjs" : "cjs"}`)
  })

  it("of a definition and its handler needs nothing of Node", async () => {
    // For a browser, esbuild resolves no module of Node's.
    await tool("esbuild", "double.ts", "--bundle", "--platform=browser", "--format=esm", "--outfile=browser.mjs")
    assert.notInclude(readFileSync(join(app, "browser.mjs"), "utf8"), `from "node:`)
  })
})

/** Prints which native part of the driver a store has found. */
const driver = `import { Effect } from "effect"
import { SqliteStore } from "holdfast/sqlite"
import { loadedDriver } from "./node_modules/holdfast/dist/store/sqlite/loadedDriver.js"
await Effect.void.pipe(Effect.provide(SqliteStore.layer({ filename: ":memory:" })), Effect.runPromise)
process.stdout.write(loadedDriver().value.addon)
`

describe("another Node, with the driver that brings its binaries along", () => {
  let ofItsOwn = ""

  beforeAll(async () => {
    ofItsOwn = await install("overrides:\n  better-sqlite3: 13.2.0\n")
    for (const name of ["out", "bundle.cjs"]) cpSync(join(app, name), join(ofItsOwn, name), { recursive: true })
    writeFileSync(join(ofItsOwn, "driver.mjs"), driver)
    writeFileSync(join(ofItsOwn, "required.cjs"), `process.stdout.write(Object.keys(require("holdfast")).join())`)
  }, 300_000)

  it.each(nodes)("%s runs jobs, from ES modules and from CommonJS, and ends well", async (version) => {
    const node = programOf(version)
    assert.strictEqual((await run(node, ["--version"], ofItsOwn)).trim(), `v${version}`)
    // A driver that makes Node abort does so at some ends and not at others.
    for (let times = 0; times < 4; times++) {
      await assertRuns(node, "out/main.js", ofItsOwn)
      await assertRuns(node, "bundle.cjs", ofItsOwn)
    }
    assert.include(await run(node, ["required.cjs"], ofItsOwn), "JobQueue")
    // Without it the WAL is not shortened by a thread.
    assert.match(await run(node, ["driver.mjs"], ofItsOwn), /prebuilds.*\.node$/)
  }, 60_000)
})
