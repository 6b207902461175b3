import type { Mutant } from "../Mutant.ts"
import { bySeed } from "../Mutant.ts"

/** Shows that the simulation sees a due job that waits for nothing. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "In a fleet that should be prompt, a worker looks half as often as it is told to",
    file: "src/runtime/worker/workerLoop.ts",
    find: "Effect.timeoutOption(wait)",
    replace: "Effect.timeoutOption(Duration.times(wait, 2))",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet that should be prompt, a worker is not told of a job of its own process",
    file: "src/store/tellEnqueued.ts",
    find: "outcome === \"enqueued\" || outcome === \"moved\"",
    replace: "outcome === \"moved\"",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet that should be prompt, a worker claims nothing while one of its jobs runs",
    file: "src/runtime/worker/workerLoop.ts",
    find: "if (limit <= 0) return Duration.infinity",
    replace: "if (limit <= 0 || slots.size > 0) return settings.pollInterval",
    killedBy: bySeed(2)
  }
]
