import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { equivalents, mutants } from "./catalogue.ts"
import { mutated } from "./mutated.ts"
import { editsOf } from "./Mutant.ts"

const root = new URL("../../", import.meta.url)
const source = (file: string) => readFileSync(new URL(file, root), "utf8")

describe("the catalogue of mutants", () => {
  it("every mutant, equivalent ones too, still finds exactly one place for each of its changes", () => {
    const missing = [...mutants, ...equivalents].flatMap((mutant) =>
      editsOf(mutant)
        .filter(({ file, find }) => source(file).split(find).length !== 2)
        .map(({ file, find }) => `${mutant.name}: ${source(file).split(find).length - 1} times in ${file}: ${find}`)
    )
    assert.deepStrictEqual(missing, [])
  })

  it("every mutant differs from the source, and has a name of its own", () => {
    const all = [...mutants, ...equivalents]
    for (const mutant of all) {
      for (const [file, text] of mutated(mutant, source)) assert.notStrictEqual(text, source(file), mutant.name)
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
