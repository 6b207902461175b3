import { Deferred, Effect, Fiber, LogLevel } from "effect"
import { Worker } from "../../../src/index.ts"
import { sharesOf } from "../load.ts"
import { watchLoop } from "../measure.ts"
import type { Sample } from "../Scenario.ts"
import { expectJobs, Nothing, runOn } from "./holdfast.ts"

/** The most jobs that one worker may run at once. */
const mostOfOneWorker = 1000

const megabytes = () => process.memoryUsage.rss() / 1e6

/** So many handlers end in one turn of the loop: Effect resumes all who wait for one thing in one turn, whatever runs them. */
const endTogether = 100

const turn = Effect.promise(() => new Promise((resume) => setImmediate(resume)))

/** Has so many jobs in flight, over two beats of each, and lets them end as fast as the loop turns. */
export const holdInFlight = (options: {
  /** As many jobs wait in it. */
  readonly database: string
  readonly jobs: number
  readonly beatMillis: number
}): Promise<Sample> =>
  runOn(
    { database: options.database, durability: "normal" },
    Effect.gen(function*() {
      const { beatMillis, jobs } = options
      const gates = yield* Effect.all(
        Array.from({ length: Math.ceil(jobs / endTogether) }, () => Deferred.make<void>())
      )
      const allStarted = yield* Deferred.make<void>()
      let started = 0
      const HoldLive = Nothing.toLayer(() =>
        Effect.suspend(() => {
          const gate = gates[Math.floor(started++ / endTogether)]
          if (started === jobs) Deferred.unsafeDone(allStarted, Effect.void)
          return gate === undefined ? Effect.void : Deferred.await(gate)
        })
      )
      yield* Effect.sleep("500 millis")
      const idle = megabytes()
      const loop = watchLoop()
      const running = yield* Effect.fork(
        Effect.forEach(
          sharesOf(jobs, Math.ceil(jobs / mostOfOneWorker)),
          (share) =>
            Worker.run({
              jobs: [Nothing],
              concurrency: mostOfOneWorker,
              heartbeatInterval: beatMillis,
              leaseFor: "5 minutes",
              maxJobs: share,
              logLevel: LogLevel.Warning
            }),
          { concurrency: "unbounded", discard: true }
        ).pipe(Effect.provide(HoldLive))
      )
      yield* Effect.timeout(Deferred.await(allStarted), "60 seconds")
      const starting = loop.lap()
      let most = megabytes()
      for (let passed = 0; passed < beatMillis * 2.4; passed += 100) {
        yield* Effect.sleep("100 millis")
        most = Math.max(most, megabytes())
      }
      const beating = loop.lap()
      for (const gate of gates) yield* Effect.zipRight(Deferred.succeed(gate, undefined), turn)
      yield* Fiber.join(running)
      const ending = loop.lap()
      loop.stop()
      yield* expectJobs("succeeded", jobs)
      return {
        addedMegabytes: most - idle,
        gapMillis: Math.max(starting.gapMillis, beating.gapMillis, ending.gapMillis),
        turnCpuMillis: Math.max(starting.turnCpuMillis, beating.turnCpuMillis, ending.turnCpuMillis),
        beatGapMillis: beating.gapMillis,
        beatTurnCpuMillis: beating.turnCpuMillis
      }
    })
  )
