import { Data, Effect, Schema } from "effect"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Mutant } from "./Mutant.ts"
import type { Ended } from "./processes.ts"
import { runNode } from "./processes.ts"

/** What became of a tree under the tests that are to notice. */
export type Verdict = Data.TaggedEnum<{
  /** Every test passed. */
  Passed: {}
  /** A test failed, by an assertion or an error of its own. */
  Failed: { readonly test: string; readonly message: string; readonly seed?: number }
  /** A test, or the whole run, waited too long. */
  Hung: { readonly where: string }
  /** Nothing was tested: the sources do not load, a statement is no SQL, or the runner itself broke. */
  Broken: { readonly why: string }
}>
export const Verdict = Data.taggedEnum<Verdict>()

/** Longer than the slowest test file takes on a busy machine, with one test that waits for its own timeout. */
const runFor = 180_000

const TestRun = Schema.parseJson(Schema.Struct({
  testResults: Schema.Array(Schema.Struct({
    name: Schema.String,
    status: Schema.String,
    message: Schema.String,
    assertionResults: Schema.Array(Schema.Struct({
      status: Schema.String,
      fullName: Schema.String,
      failureMessages: Schema.NullOr(Schema.Array(Schema.String))
    }))
  }))
}))

/** What these tests, or seeds of the simulation, say of a tree. */
export const judge = (tree: string, killedBy: Mutant["killedBy"]): Effect.Effect<Verdict> =>
  "simulate" in killedBy ? bySimulation(tree, killedBy.simulate) : byTests(tree, killedBy)

/** These need the compiled program, which the project's own configuration makes first. */
const needsPrograms = (test: string) => !/^test\/(?:domain|platform|store|runtime|mutants)\//.test(test)

const byTests = (tree: string, tests: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const report = join(tree, "report.json")
    rmSync(report, { force: true })
    const config = tests.some(needsPrograms) ? "vitest.config.ts" : "test/mutants/vitest.config.ts"
    const ended = yield* runNode(tree, [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--bail=1",
      "--maxWorkers=1",
      "--reporter=json",
      `--outputFile=${report}`,
      `--config=${config}`,
      ...tests
    ], runFor)
    if (ended.code === undefined) return Verdict.Hung({ where: tests.join(", ") })
    const run = yield* Effect.try(() => readFileSync(report, "utf8")).pipe(
      Effect.flatMap(Schema.decode(TestRun)),
      Effect.option
    )
    if (run._tag === "None") return Verdict.Broken({ why: ended.output })
    return verdictOf(run.value, ended.code === 0)
  })

/** What SQLite says to a statement that no data could make run. */
const noSql = /syntax error|no such column|no query solution/

/** Of a run that has ended. A hang counts only when nothing else failed. */
const verdictOf = ({ testResults }: typeof TestRun.Type, passed: boolean): Verdict => {
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "failed")
    .map(({ failureMessages, fullName }) => ({ test: fullName, message: (failureMessages ?? []).join("\n") }))
  const nonsense = failed.find(({ message }) => noSql.test(message))
  if (nonsense !== undefined) return Verdict.Broken({ why: nonsense.message })
  const told = failed.find(({ message }) => !/^Error: (?:Test|Hook) timed out in/.test(message))
  if (told !== undefined) return Verdict.Failed(told)
  const [hung] = failed
  if (hung !== undefined) return Verdict.Hung({ where: hung.test })
  const unloaded = testResults.find(({ status }) => status === "failed")
  if (unloaded !== undefined) return Verdict.Broken({ why: unloaded.message })
  return passed ? Verdict.Passed() : Verdict.Broken({ why: "every test passed, and the run failed" })
}

/** A seed's failure, said as soon as it is known: what follows is a minute's search for the fewest faults. */
const broken = /^seed (\d+) broke ([^:\n]*).*\n/m

/** Any change of the program turns the course of every seed, so more are tried than those that showed a mutant last. */
const mostSeeds = 200
const seedsAtOnce = 20

/** The simulation is compiled in the tree, which is a check by itself: what does not compile shows nothing. */
const bySimulation = (tree: string, seeds: ReadonlyArray<number>) =>
  Effect.gen(function*() {
    const compiled = yield* compile(tree)
    if (compiled.code !== 0) return Verdict.Broken({ why: compiled.output })
    const runs = seeds.map((from) => ({ from, count: 1 }))
    for (let from = 1; from <= mostSeeds; from += seedsAtOnce) runs.push({ from, count: seedsAtOnce })
    for (const run of runs) {
      const verdict = yield* ofSeeds(tree, run)
      if (verdict._tag !== "Passed") return verdict
    }
    return Verdict.Passed()
  })

/** Compiles what runs in processes of its own. */
export const compile = (tree: string): Effect.Effect<Ended> =>
  runNode(tree, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.processes.json"], runFor)

/** The first of some seeds to break the promises of a compiled tree, if one does. */
export const ofSeeds = (
  tree: string,
  { count, from }: { readonly from: number; readonly count: number }
): Effect.Effect<Verdict> =>
  Effect.gen(function*() {
    const args = [
      ".build/test/simulation/main.js",
      "--seeds",
      String(count),
      "--from",
      String(from),
      "--processes",
      "1"
    ]
    const ended = yield* runNode(tree, args, runFor, broken)
    const [message = "", seed, promise = ""] = broken.exec(ended.output) ?? []
    if (noSql.test(message)) return Verdict.Broken({ why: message })
    if (seed !== undefined) {
      return Verdict.Failed({ test: `seed ${seed}, which broke: ${promise}`, message, seed: Number(seed) })
    }
    if (ended.code === undefined) return Verdict.Hung({ where: `seed ${from} or one of ${count - 1} after it` })
    return ended.code === 0 ? Verdict.Passed() : Verdict.Broken({ why: ended.output })
  })
