import { describe, expect, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"

describe("The commands that prove something", () => {
  it.each([
    ["simulation/main.js", ["--seeds", "0"], "Expected a number between 1 and 1000000, actual 0"],
    ["simulation/main.js", ["--only", "a"], "--only names faults of one seed, and goes with --seed"],
    ["crash/chaos.js", ["--kills", "-1"], "Expected a non-negative number, actual -1"],
    ["mutants/main.js", ["--onyl", "a"], "Received unknown argument: '--onyl'"],
    ["mutants/main.js", ["--only", "no such mutant"], "No mutant's name or file contains"]
  ])("refuse what they do not know: %s %j", (file, args, said) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [`.build/test/${file}`, ...args], {
      encoding: "utf8"
    })
    expect(status).toBe(1)
    expect(stdout + stderr).toContain(said)
    expect(stdout + stderr).not.toContain("    at ")
  })
})
