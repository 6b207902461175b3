import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { runProgram } from "../program/runProgram.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"

const script = (shell: string) =>
  Effect.flatMap(
    temporaryFolder,
    (folder) =>
      Effect.map(runProgram(folder, ["holdfast", "--completions", shell]), ({ code, complained, said }) => {
        assert.deepStrictEqual([code, complained], [0, []])
        return said.join("\n")
      })
  )

/** What bash offers for a line whose last word is just begun. */
const offered = (script: string, ...words: ReadonlyArray<string>) => {
  const line = words.map((word) => `'${word}'`).join(" ")
  const { stderr, stdout } = spawnSync("bash", [
    "--norc",
    "-c",
    [
      script,
      `COMP_WORDS=(${line})`,
      `COMP_CWORD=${words.length - 1}`,
      "_holdfast_bash_completions holdfast",
      `printf '%s\\n' "\${COMPREPLY[@]}"`
    ].join("\n")
  ], { encoding: "utf8" })
  assert.strictEqual(stderr, "")
  return stdout.split("\n")
}

/** The program has a shell that runs a script, or the test is not for this machine. */
const has = (shell: string) => spawnSync(shell, ["--version"]).status === 0

describe("pnpm holdfast --completions", () => {
  it.scopedLive("has bash offer commands, those under them, and the flags of each", () =>
    Effect.gen(function*() {
      const bash = yield* script("bash")
      assert.includeMembers(offered(bash, "holdfast", ""), ["jobs", "queues", "workers", "stats", "migrate"])
      assert.includeMembers(offered(bash, "holdfast", "jobs", ""), ["list", "cancel", "run-now"])
      assert.includeMembers(offered(bash, "holdfast", "jobs", "list", "--"), ["--status", "--queue", "--json"])
      assert.includeMembers(offered(bash, "holdfast", "jobs", "run-now", "--"), ["--json", "--error", "--dry-run"])
      assert.notInclude(offered(bash, "holdfast", "jobs", "run-now", "--"), "--limit")
      assert.includeMembers(offered(bash, "holdfast", "stats", "--w"), ["--watch"])
    }))

  it.scopedLive("prints scripts that zsh and fish can read, and has fish offer the same", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      for (const shell of ["zsh", "fish"]) {
        const text = yield* script(shell)
        const file = join(folder, shell)
        writeFileSync(file, text)
        assert.match(text, shell === "zsh" ? /^#compdef holdfast$/m : /^complete -c holdfast /m)
        if (!has(shell)) continue
        const read = spawnSync(shell, ["-n", file], { encoding: "utf8" })
        assert.deepStrictEqual([read.status, read.stderr], [0, ""])
        if (shell === "zsh") continue
        const asked = `${text}\ncomplete -C 'holdfast jobs ru'\ncomplete -C 'holdfast jobs list --sta'`
        const { stdout } = spawnSync(shell, ["--no-config", "-c", asked], { encoding: "utf8" })
        assert.match(stdout, /^run-now\t/m)
        assert.match(stdout, /^--status/m)
      }
    }))

  it.scopedLive("refuses a shell that it does not know, naming those it does", () =>
    Effect.gen(function*() {
      const { code, complained, said } = yield* runProgram(yield* temporaryFolder, [
        "holdfast",
        "jobs",
        "--completions",
        "csh"
      ])
      assert.deepStrictEqual([code, said], [1, []])
      assert.include(
        complained[0],
        "--completions: \"csh\" is not a shell with completions; write one of bash, zsh, fish"
      )
    }))
})
