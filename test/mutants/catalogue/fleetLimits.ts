import type { Mutant } from "../Mutant.ts"
import { bySeed } from "../Mutant.ts"

const loop = "src/runtime/worker/workerLoop.ts"

/** Shows that the simulation sees what breaks in workers that end by themselves. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "In a fleet's short workers, none frees what is stale before it claims",
    file: loop,
    find: "yield* Effect.when(sweepBeforeClaiming(upkeep), () => mayEndSoon)",
    replace: "yield* Effect.when(sweepBeforeClaiming(upkeep), () => mayEndSoon && upkeep.concurrency === 0)",
    killedBy: bySeed(5)
  },
  {
    name: "In a fleet's short workers, a claim asks for more than is left to take",
    file: loop,
    find: "Math.min(limit, yield* Ref.get(claimable), settings.once",
    replace: "Math.min(limit, settings.once",
    killedBy: bySeed(5)
  },
  {
    name: "In a fleet's short workers, the end does not wait for the first pruning",
    file: loop,
    find: "Effect.zipRight(keptHouse),",
    replace: "Effect.zipLeft(Effect.succeed(keptHouse)),",
    killedBy: bySeed(5)
  },
  {
    name: "In a fleet's short workers, one that claims once goes on",
    file: loop,
    find: "Effect.zipRight(settings.once ? claimOnce : claimLoop),",
    replace: "Effect.zipRight(settings.once ? Effect.zipRight(claimOnce, claimLoop) : claimLoop),",
    killedBy: bySeed(5)
  },
  {
    name: "In a fleet's short workers, one ends a job before its last",
    file: loop,
    find: "while ((yield* Ref.get(claimable)) > 0) {",
    replace: "while ((yield* Ref.get(claimable)) > (settings.maxJobs > 1 ? 1 : 0)) {",
    killedBy: bySeed(5)
  },
  {
    name: "In a fleet's short workers, one that died in a layer is not started again for long",
    file: "src/runtime/worker/keepRunning.ts",
    find: "yield* Effect.sleep(pause)",
    replace: "yield* Effect.sleep(Duration.times(pause, 120))",
    killedBy: bySeed(1)
  }
]
