import { Command, Options } from "@effect/cli"
import { Array as Arr, Clock, Console, Effect, Queue } from "effect"
import { noRecord, startRecord } from "../docs/proof.ts"
import { equivalents, mutants } from "./catalogue.ts"
import type { Equivalent, Mutant } from "./Mutant.ts"
import { makeTree, whileMutated } from "./tree.ts"
import { compile, judge, ofSeeds, Verdict } from "./verdict.ts"

/** Each copy keeps a core busy, and two at a time keep the tests' own timeouts true on a small machine. */
const atOnce = 2

/** Test files in one run of the tests: they end well before a run counts as hung. */
const filesAtOnce = 8

const isKilled = ({ hangs }: Mutant, verdict: Verdict) =>
  verdict._tag === "Failed" || verdict._tag === "Hung" && hangs === true

const word = (mutant: Mutant, verdict: Verdict) =>
  Verdict.$match(verdict, {
    Passed: () => "SURVIVED",
    Failed: () => "killed",
    Hung: () => mutant.hangs === true ? "hung" : "HUNG",
    Broken: () => "BROKEN"
  }).padEnd(8)

const detail = Verdict.$match({
  Passed: () => "",
  Failed: ({ test }) => `by: ${test}`,
  Hung: ({ where }) => `in: ${where}`,
  Broken: ({ why }) => `because: ${why}`
})

/** A test that fails on the right program shows nothing by failing on a wrong one. Of seeds, see `makeConfirm`. */
const unmutated = (chosen: ReadonlyArray<Mutant>, trees: Queue.Queue<string>) =>
  Effect.gen(function*() {
    const tests = [...new Set(chosen.flatMap(({ killedBy }) => "simulate" in killedBy ? [] : killedBy))]
    // A run of all of them would be taken for one that hangs.
    const runs = Arr.chunksOf(tests, filesAtOnce)
    const verdicts = yield* Effect.forEach(runs, (run) => inSomeTree(trees, (tree) => judge(tree, run)), {
      concurrency: atOnce
    })
    const wrong = verdicts.find(({ _tag }) => _tag !== "Passed")
    if (wrong === undefined) return
    return yield* Effect.fail(
      new Error(`The program that nobody broke does not pass: ${wrong._tag} ${detail(wrong)}`)
    )
  })

const inSomeTree = <A, E, R>(trees: Queue.Queue<string>, use: (tree: string) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(Queue.take(trees), use, (tree) => Queue.offer(trees, tree))

/** A seed that breaks the right program, too, shows nothing. Each is run on that once, in a tree of its own. */
const makeConfirm = Effect.gen(function*() {
  const tree = yield* Effect.cached(Effect.tap(makeTree(process.cwd()), compile))
  const onTheRight = yield* Effect.cachedFunction((seed: number) =>
    Effect.flatMap(tree, (tree) => ofSeeds(tree, { from: seed, count: 1 }))
  )
  return Effect.fnUntraced(function*(verdict: Verdict) {
    if (verdict._tag !== "Failed" || verdict.seed === undefined) return verdict
    const other = yield* onTheRight(verdict.seed)
    if (other._tag === "Passed") return verdict
    return Verdict.Broken({ why: `seed ${verdict.seed} breaks the program that nobody broke: ${detail(other)}` })
  })
})

const testMutant =
  (trees: Queue.Queue<string>, confirm: Effect.Effect.Success<typeof makeConfirm>) => (mutant: Mutant) =>
    inSomeTree(trees, (tree) =>
      Effect.gen(function*() {
        const began = yield* Clock.currentTimeMillis
        const verdict = yield* confirm(yield* whileMutated(tree, mutant, judge(tree, mutant.killedBy)))
        const seconds = (((yield* Clock.currentTimeMillis) - began) / 1000).toFixed(1).padStart(6)
        yield* Console.log(
          `${word(mutant, verdict)} ${seconds} s  ${mutant.name}\n                    ${detail(verdict)}`
        )
        return { mutant, verdict }
      }))

/** Breaks and tests, one after the other, the mutants whose name or file contains `only`. */
const testMutants = (only: string, recorded: boolean) =>
  Effect.gen(function*() {
    const record = recorded ? yield* startRecord : noRecord
    const began = yield* Clock.currentTimeMillis
    const isChosen = ({ file, name }: Mutant | Equivalent) => name.includes(only) || file.includes(only)
    const chosen = mutants.filter(isChosen)
    const indistinguishable = equivalents.filter(isChosen)
    if (chosen.length === 0) return yield* Effect.fail(new Error(`No mutant's name or file contains "${only}"`))
    const trees = yield* Queue.unbounded<string>()
    for (let count = 0; count < atOnce; count++) yield* Queue.offer(trees, yield* makeTree(process.cwd()))
    yield* unmutated(chosen, trees)

    const results = yield* Effect.forEach(chosen, testMutant(trees, yield* makeConfirm), { concurrency: atOnce })
    for (const { because, name } of indistinguishable) {
      yield* Console.log(`equivalent          ${name}\n                    ${because}`)
    }
    const survivors = results.filter(({ mutant, verdict }) => !isKilled(mutant, verdict))
    yield* Console.log(
      `\n${
        results.length - survivors.length
      } of ${results.length} mutants killed, ${indistinguishable.length} equivalent`
    )
    for (const { mutant, verdict } of survivors) {
      yield* Console.log(`${word(mutant, verdict)} ${mutant.file}: ${mutant.name}`)
    }
    yield* record({
      mutants: {
        seconds: Math.round(((yield* Clock.currentTimeMillis) - began) / 1000),
        mutants: results.length,
        killed: results.length - survivors.length,
        equivalent: indistinguishable.length
      },
      failures: survivors.map(({ mutant, verdict }) => ({
        run: `pnpm mutants --only ${JSON.stringify(mutant.name)}`,
        broke: [`${word(mutant, verdict).trim()} ${detail(verdict)}`.trim()]
      }))
    })
    if (survivors.length > 0) return yield* Effect.fail(new Error(`${survivors.length} mutants were not killed`))
  }).pipe(Effect.scoped)

const only = Options.text("only").pipe(
  Options.withDefault(""),
  Options.withDescription("no mutants but those whose name or file contains this")
)

const record = Options.boolean("record").pipe(Options.withDescription("add the run of all mutants to docs/proof.md"))

/**
 * `pnpm mutants [--only <text>]`: breaks a copy of the project as each mutant of
 * the catalogue says, one at a time, and runs the tests that are to notice. Ends
 * with 1 when one survives, or when nothing can be said of it. With `--record` it
 * runs all, and docs/proof.md tells of it.
 */
export const mutantsCommand = Command.make(
  "mutants",
  { only, record },
  ({ only, record }) =>
    record && only !== ""
      ? Effect.fail(new Error("--record is of all mutants; leave --only out"))
      : testMutants(only, record)
)
