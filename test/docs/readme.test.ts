import { assert, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"

const text = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")

/** What the import lines of a piece of code bring, as "name from module". */
const imported = (code: string) =>
  [...code.matchAll(/^import (?:type )?(.*) from (".*")$/gm)].flatMap(([, names = "", module = ""]) =>
    names.replace(/[{}]|\* as /g, "").split(",").map((name) => `${name.trim()} from ${module}`)
  )

for (const [page, least] of [["README.md", 4], ["docs/http.md", 3], ["docs/telemetry.md", 1]] as const) {
  it(`every TypeScript example in ${page} is a run of lines of a file that compiles, and imports what it uses`, () => {
    const examples = readdirSync(new URL("../../docs/examples", import.meta.url)).map((name) =>
      text(`docs/examples/${name}`)
    )
    const fences = [...text(page).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? "")
    assert.isAtLeast(fences.length, least)
    for (const fence of fences) {
      const body = fence.replace(/^(?:import .*\n)+\n/, "")
      const example = examples.find((example) => example.includes(body))
      assert(example !== undefined, `in no file of docs/examples:\n${body}`)
      const used = imported(example).filter((line) => new RegExp(`(?<![\\w.])${line.split(" ")[0]}\\b`).test(body))
      assert.sameMembers(imported(fence), used, body)
    }
  })
}

it("the files that the README sends a reader to are there", () => {
  for (const [, path = ""] of text("README.md").matchAll(/\]\((?!https?:)([^)#]+)\)/g)) assert.isNotEmpty(text(path))
})

it("the settings table names every variable that the program reads, and no other", () => {
  const sources = [
    "src/cli/settings.ts",
    "src/cli/otlpSettings.ts",
    "src/brandbrain/config/BrandBrainConfig.ts",
    "src/brandbrain/config/capability.ts",
    "src/brandbrain/model/ModelConfig.ts",
    "src/brandbrain/http/server/HttpSettings.ts",
    "src/cli/httpSettings.ts"
  ]
  const variable = /\b(?:DATABASE_URL|(?:HOLDFAST|BRANDBRAIN|APIFY|HTTP|MODEL|OTEL)_[A-Z_]+)\b/g
  const read = new Set(sources.flatMap((file) => text(file).match(variable) ?? []))
  const told = new Set(text("README.md").match(variable) ?? [])
  assert.deepStrictEqual([...told].toSorted(), [...read].toSorted())
})

it("the package.json to copy names every peer with its range, at versions that these tests run with", () => {
  const [, fence = "{}"] = /```json\n([\s\S]*?)```/.exec(text("README.md")) ?? []
  const shown = (JSON.parse(fence) as { readonly dependencies: Readonly<Record<string, string>> }).dependencies
  const { devDependencies, peerDependencies, version } = JSON.parse(text("package.json")) as {
    readonly version: string
    readonly devDependencies: Readonly<Record<string, string>>
    readonly peerDependencies: Readonly<Record<string, string>>
  }
  // The README's programs are on SQLite. It names the other driver where it speaks of the other database.
  const { "@effect/sql-pg": driver, ...others } = peerDependencies
  assert.include(shown, { ...others, holdfast: `^${version}` })
  assert.include(text("README.md"), `"@effect/sql-pg": "${driver}"`)
  for (const [name, range] of Object.entries(shown)) {
    if (name in devDependencies && !(name in peerDependencies)) assert.strictEqual(range, `^${devDependencies[name]}`)
  }
})
