import { assert, beforeAll, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import {
  copyFileSync,
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
import { addon, run, tarball } from "./run.ts"

const { devDependencies, version } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly version: string
  readonly devDependencies: Readonly<Record<string, string>>
}

const folders: Array<string> = []

/** An app that has Holdfast and these packages, and none of the peers that its library asks for. */
const install = async (...packages: ReadonlyArray<string>) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-bin-")))
  folders.push(folder)
  copyFileSync(tarball, join(folder, "holdfast.tgz"))
  const dependencies = Object.fromEntries(packages.map((name) => [name, devDependencies[name]]))
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, dependencies: { holdfast: "file:holdfast.tgz", ...dependencies } })
  )
  await run(
    "npm",
    ["install", "--legacy-peer-deps", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"],
    folder
  )
  return folder
}

/** The environment without what the runner of these tests has put there, of which another would complain. */
const withoutRunner = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))

/** Runs the program as a person in the app's folder does. */
const npx = (folder: string, args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) => {
  const { status, stderr, stdout } = spawnSync("npx", ["--no-install", "holdfast", ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...withoutRunner, DATABASE_URL: "sqlite:app.db", ...environment }
  })
  return { status, stderr, stdout }
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

describe("npx holdfast, in an app with the packed package and a driver", () => {
  let app = ""

  beforeAll(async () => {
    app = await install("better-sqlite3", "pg")
    const driver = join(app, "node_modules/better-sqlite3")
    mkdirSync(join(driver, dirname(addon)), { recursive: true })
    // As it was built for this checkout.
    copyFileSync(join("node_modules/better-sqlite3", addon), join(driver, addon))
  }, 300_000)

  it("needs no package but these", () => {
    assert.notInclude(readdirSync(join(app, "node_modules")), "effect")
    assert.notInclude(readdirSync(join(app, "node_modules")), "@effect")
  })

  it("makes the tables and works on them", () => {
    assert.match(npx(app, ["migrate"]).stdout, /^Made the tables in app\.db: version \d+\n$/)
    assert.deepStrictEqual(npx(app, ["stats"]), { status: 0, stdout: "No jobs\n", stderr: "" })
    assert.deepStrictEqual(JSON.parse(npx(app, ["jobs", "list", "--json"]).stdout), { jobs: [], cursor: null })
    assert.deepStrictEqual(npx(app, ["--version"]), { status: 0, stdout: `${version}\n`, stderr: "" })
  })

  it("connects to a server by the other driver", () => {
    const { status, stderr, stdout } = npx(app, ["stats"], { DATABASE_URL: "postgres://me:secret@127.0.0.1:9/app" })
    assert.deepStrictEqual([status, stdout], [1, ""])
    assert.match(stderr, /ECONNREFUSED/)
    assert.notInclude(stderr, "secret")
  })

  it("says what a person in the app's folder types", () => {
    assert.match(npx(app, ["jobs"]).stdout, /^npx holdfast jobs <command>$/m)
    const missing = npx(app, ["stats"], { DATABASE_URL: "sqlite:other.db" })
    assert.deepStrictEqual([missing.status, missing.stdout], [1, ""])
    assert.include(missing.stderr, "There is no database at other.db. Make one: npx holdfast migrate")
  })

  it("has the commands for a queue only, and the notices of all that is in it", () => {
    const bin = join(app, "node_modules/holdfast/dist/bin")
    const files = readdirSync(bin)
    assert.include(files, "holdfast.js")
    for (const file of files) assert.notMatch(readFileSync(join(bin, file), "utf8"), /brandbrain/i, file)
    assert.notInclude(readdirSync(dirname(bin)), "start")
    assert.match(readFileSync(join(bin, "LICENSES.txt"), "utf8"), /^effect \d\S+: MIT\n\nMIT License/m)
  })
})

it("names the package to install where there is no driver", async () => {
  const app = await install()
  for (const [url, name] of [["sqlite:app.db", "better-sqlite3"], ["postgres://127.0.0.1/app", "pg"]] as const) {
    const { status, stderr, stdout } = npx(app, ["migrate"], { DATABASE_URL: url })
    assert.deepStrictEqual([status, stdout], [1, ""])
    assert.include(stderr, `this database needs the package ${name}, which is not installed`)
  }
}, 120_000)
