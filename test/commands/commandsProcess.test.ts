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

  it("end when they are done, also when what they simulated is not", () => {
    // The second of these has a process killed while a handler waits for ever.
    for (const seed of ["3", "4"]) {
      const { signal, status, stdout } = spawnSync(
        process.execPath,
        [`.build/test/simulation/main.js`, "--seed", seed],
        {
          encoding: "utf8",
          timeout: 30_000
        }
      )
      expect([signal, status]).toStrictEqual([null, 0])
      expect(stdout).toMatch(/digest [0-9a-f]{16}\n$/)
    }
  })
})
