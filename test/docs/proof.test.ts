import { assert, describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import type { Proof } from "./proof.ts"
import { render, withRun } from "./proof.ts"

const recorded = JSON.parse(readFileSync(new URL("../../docs/proof.json", import.meta.url), "utf8")) as Proof

const simulation = { seeds: [[1, 2]] as const, simulatedMillis: 3_600_000, jobs: 3, calls: 4, faults: { kill: 5 } }

const empty: Proof = { simulation: [], chaos: [], chaosOnPostgres: [], mutants: [], failures: [] }

describe("the record of the proof", () => {
  it("is what its page shows, also where a person has written into it", async () => {
    // `npx vitest run test/docs/proof.test.ts -u` writes the page anew.
    await expect(render(recorded)).toMatchFileSnapshot("../../docs/proof.md")
  })

  it("says of every failed run what it led to", () => {
    assert.deepStrictEqual(recorded.failures.filter(({ ledTo }) => ledTo === "").map(({ run }) => run), [])
  })

  it("keeps a failed run, with the seed that shows it and the commit it is of", () => {
    const failures = [{ run: "pnpm simulate --seed 2", broke: ["one lease: a | b", "2", "3", "4"] }]
    const proof = withRun(empty, "abc", "2026-01-02", {
      simulation: { ...simulation, violations: 4 },
      failures
    })
    assert.strictEqual(proof.simulation[0]?.violations, 4)
    assert.deepStrictEqual(proof.failures, [{
      commit: "abc",
      date: "2026-01-02",
      run: "pnpm simulate --seed 2",
      broke: ["one lease: a | b", "2", "3"],
      ledTo: ""
    }])
    const row = render(proof).split("\n").find((line) => line.includes("--seed 2"))
    assert.match(row ?? "", /^\| `abc` +\| 2026-01-02 \| `pnpm simulate --seed 2` \| one lease: a \\\| b; 2; 3 \|/)
  })

  it("keeps a run of the broken variants", () => {
    const run = { seconds: 3600, mutants: 1000, killed: 999, equivalent: 2 }
    const proof = withRun(empty, "abc", "2026-01-02", { mutants: run, failures: [] })
    assert.deepStrictEqual(proof.mutants, [{ commit: "abc", date: "2026-01-02", ...run }])
    assert.match(render(proof), /\| `abc` +\| 2026-01-02 \| 3,600 +\| 1,000 +\| 999 +\| 2 +\|/)
  })
})
