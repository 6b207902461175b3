import { Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Round } from "./compare.ts"
import type { Step, Task } from "./contenderProcess.ts"
import type { ScenarioReport } from "./Report.ts"
import { reportOf } from "./Report.ts"
import type { DatabaseName, Sample, Scenario } from "./Scenario.ts"

export interface Options {
  readonly database: DatabaseName
  readonly rounds: number
  readonly scale: number
  /** Runs all contenders in one process, which makes their figures meaningless. */
  readonly together: boolean
  /** How long one run may take. */
  readonly timeout: number
  readonly tell: (doing: string) => void
}

/**
 * Runs every contender of a scenario once a round, each in a new process. Each
 * round begins with another contender, so that none always follows the same.
 */
export const runScenario = (scenario: Scenario, options: Options): Effect.Effect<ScenarioReport> =>
  Effect.gen(function*() {
    const load: Array<number> = [loadavg()[0] ?? 0]
    const failures: Array<string> = []
    const databases = yield* temporaryFolder
    /** A contender that fails is told of, and the others go on. */
    const perform = (what: string, steps: ReadonlyArray<Step>) =>
      Effect.gen(function*() {
        options.tell(`${scenario.name}: ${what}`)
        const folder = yield* temporaryFolder
        return yield* runProcess({
          database: options.database,
          scenario: scenario.name,
          steps,
          folder,
          databases,
          scale: options.scale
        }, options)
      }).pipe(
        Effect.scoped,
        Effect.catchAll((error) => {
          failures.push(`${what}: ${error.message}`)
          return Effect.succeed([])
        })
      )

    const made = Object.keys(scenario.databases ?? {}).map((database) => ({ database }))
    const contenders = Object.keys(scenario.contenders)
    const rounds: Array<Round> = []
    if (options.together) {
      const samples = yield* perform("all at once", [...made, ...contenders.map((contender) => ({ contender }))])
      rounds.push(roundOf(contenders, samples.slice(made.length)))
    } else {
      for (const step of made) yield* perform(`making the database "${step.database}"`, [step])
      for (let n = 0; n < options.rounds; n++) {
        const turn = [...contenders.slice(n % contenders.length), ...contenders.slice(0, n % contenders.length)]
        const samples = yield* Effect.forEach(turn, (contender) =>
          Effect.map(
            perform(`round ${n + 1} of ${options.rounds}, ${contender}`, [{ contender }]),
            ([sample]) => sample
          ))
        rounds.push(roundOf(turn, samples))
      }
    }
    load.push(loadavg()[0] ?? 0)
    return reportOf(scenario, rounds, failures, load)
  }).pipe(Effect.scoped)

const roundOf = (contenders: ReadonlyArray<string>, samples: ReadonlyArray<Sample | undefined>): Round =>
  Object.fromEntries(contenders.flatMap((contender, n) => {
    const sample = samples[n]
    return sample === undefined ? [] : [[contender, sample]]
  }))

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-bench-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const program = fileURLToPath(import.meta.resolve("./contenderProcess.js"))

/** Runs a task in a process of its own, which is killed when it takes too long. */
const runProcess = (task: Task, { timeout }: Options): Effect.Effect<ReadonlyArray<Sample>, Error> =>
  Effect.async<ReadonlyArray<Sample>, Error>((resume) => {
    const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ["ignore", "pipe", "pipe", "ipc"] })
    let samples: ReadonlyArray<Sample> = []
    let complaint = ""
    // The Info lines are read, as whatever collects a log would.
    child.stdout?.resume()
    child.stderr?.on("data", (data: Buffer) => complaint = `${complaint}${data.toString()}`.slice(-4000))
    child.on("message", (message) => samples = message as ReadonlyArray<Sample>)
    child.on("close", (code, signal) => {
      if (code !== 0) return resume(Effect.fail(new Error(`ended with ${signal ?? code}: ${complaint.trim()}`)))
      const empty = task.steps.find((step, n) => "contender" in step && !isMeasured(samples[n]))
      if (empty !== undefined) return resume(Effect.fail(new Error(`${JSON.stringify(empty)} has measured nothing`)))
      resume(Effect.succeed(samples))
    })
    return Effect.sync(() => void child.kill("SIGKILL"))
  }).pipe(
    Effect.timeoutFail({ duration: timeout, onTimeout: () => new Error(`took longer than ${timeout / 1000} s`) })
  )

const isMeasured = (sample: Sample = {}) => {
  const values = Object.values(sample)
  return values.length > 0 && values.every(Number.isFinite)
}
