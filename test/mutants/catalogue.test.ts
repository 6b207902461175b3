import { assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { equivalents, mutants } from "./catalogue.ts"
import type { Edit } from "./Mutant.ts"
import { editsOf } from "./Mutant.ts"
import { mutated, placesOf } from "./mutated.ts"
import { readSources } from "./sources.ts"

const root = new URL("../../", import.meta.url)
const sources = readSources(fileURLToPath(root))

describe("the catalogue of mutants", () => {
  it("every mutant, equivalent ones too, still finds exactly one place for each of its changes", () => {
    const missing = [...mutants, ...equivalents].flatMap((mutant) =>
      editsOf(mutant)
        .map((edit) => ({ ...edit, places: placesOf(edit, sources) }))
        .filter(({ places }) => places.length !== 1)
        .map(({ file, find, places }) =>
          `${mutant.name}: ${places.length} places, and not one, in src (${file}): ${find}`
        )
    )
    assert.deepStrictEqual(missing, [])
  })

  it("a mutant keeps its place when a file is moved or a line is formatted anew", () => {
    const edit: Edit = { file: "src/a.ts", find: "claim(one, { limit: 1 })\n  AND x", replace: "" }
    const found = (...texts: ReadonlyArray<readonly [string, string]>) =>
      placesOf(edit, new Map(texts)).map(({ file, from, to }) => [file, from, to])
    const whole = "claim(one, { limit: 1 }) AND x"
    assert.deepStrictEqual(found(["src/a.ts", whole]), [["src/a.ts", 0, whole.length]])
    const broken = "claim(\n  one,\n  {\n    limit: 1\n  }\n) AND x"
    assert.deepStrictEqual(found(["src/moved/b.ts", broken]), [["src/moved/b.ts", 0, broken.length]])
    assert.deepStrictEqual(found(["src/a.ts", whole], ["src/b.ts", whole]), [["src/a.ts", 0, whole.length]])
    assert.strictEqual(found(["src/b.ts", whole], ["src/c.ts", whole]).length, 2)
    assert.deepStrictEqual(found(["src/a.ts", "claim(one, { limit: 1 })ANDx"]), [])
    assert.deepStrictEqual(found(["src/a.ts", "reclaim(one, { limit: 1 }) AND xs"]), [])
  })

  it("every mutant differs from the source, and has a name of its own", () => {
    const all = [...mutants, ...equivalents]
    for (const mutant of all) {
      for (const [file, text] of mutated(mutant, sources)) assert.notStrictEqual(text, sources.get(file), mutant.name)
    }
    assert.strictEqual(new Set(all.map(({ name }) => name)).size, all.length)
  })

  it("the tests that are to notice a mutant are there", () => {
    for (const { killedBy, name } of mutants) {
      if ("simulate" in killedBy) continue
      assert.isNotEmpty(killedBy, name)
      for (const test of killedBy) assert.isTrue(existsSync(new URL(test, root)), `${name}: ${test}`)
    }
  })
})
