import type { Fiber } from "effect"
import { Effect } from "effect"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { Ids } from "../../src/platform/Ids.ts"
import { currentOperation } from "./database.ts"
import type { History } from "./History.ts"
import type { World } from "./World.ts"

/** Runs a worker in which there is a bug: now and then its claim loop dies, and what it runs drains. */
export const mortal =
  (world: World, history: History, process: string) =>
  <A, E, R>(worker: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.all([EventLoop, Ids]), ([loop, ids]) => {
      const random = world.stream("mortal", process)
      // The claim loop is the first to pause between calls of the store once a worker has its id: its housekeeping has
      // to ask the store before.
      let claimLoop: Fiber.RuntimeFiber<unknown, unknown> | undefined
      const workerId = Effect.tap(ids.workerId, () => Effect.sync(() => void (claimLoop = undefined)))
      const turn = Effect.withFiberRuntime<void>((fiber) => {
        if (fiber.getFiberRef(currentOperation) === 0) claimLoop ??= fiber
        if (fiber !== claimLoop || random.number() >= 0.02) return loop.turn
        history.incident("worker died", process)
        return Effect.die(new Error("simulated defect of a worker"))
      })
      return worker.pipe(
        Effect.provideService(EventLoop, { ...loop, turn }),
        Effect.provideService(Ids, { ...ids, workerId })
      )
    })
