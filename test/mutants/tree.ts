import { Effect } from "effect"
import type { Scope } from "effect"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Mutant } from "./Mutant.ts"
import { mutated } from "./mutated.ts"
import { readSources } from "./sources.ts"

/** What the tests need of the project. */
const copied = [
  "src",
  "test",
  "docs",
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "tsconfig.processes.json",
  "vitest.config.ts"
]

/** A copy of the project that may be broken, gone with its scope. Its dependencies are the project's own. */
export const makeTree = (project: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const tree = mkdtempSync(join(tmpdir(), "holdfast-mutant-"))
      for (const name of copied) cpSync(join(project, name), join(tree, name), { recursive: true })
      mkdirSync(join(tree, "tmp"))
      symlinkSync(join(project, "node_modules"), join(tree, "node_modules"))
      return tree
    }),
    (tree) => Effect.sync(() => rmSync(tree, { recursive: true, force: true }))
  )

/** Runs an effect while the tree is broken as the mutant says. */
export const whileMutated = <A, E, R>(tree: string, mutant: Mutant, effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const sources = readSources(tree)
      const texts = mutated(mutant, sources)
      const whole = [...sources].filter(([file]) => texts.has(file))
      for (const [file, text] of texts) writeFileSync(join(tree, file), text)
      return whole
    }),
    () => effect,
    (whole) =>
      Effect.sync(() => {
        for (const [file, text] of whole) writeFileSync(join(tree, file), text)
      })
  )
