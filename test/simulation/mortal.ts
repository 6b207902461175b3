import { Effect } from "effect"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import type { ClaimedJob, ClaimRequest } from "../../src/store/JobStore.ts"
import type { History } from "./History.ts"
import type { World } from "./World.ts"

/**
 * Runs a worker in which there is a bug: now and then its claim loop dies. Not
 * while it has jobs: those drain then, and whose process has not been told to end.
 */
export const mortal =
  (world: World, history: History, process: string) =>
  <A, E, R>(worker: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(EventLoop, ({ overdue, turn }) => {
      const random = world.stream("mortal", process)
      // What only gives way in the middle of a call of the store does not take part.
      let givesWay = false
      return Effect.provideService(worker, EventLoop, {
        overdue: () => givesWay = overdue(),
        turn: Effect.suspend(() => {
          const mayDie = !givesWay && random.number() < 0.04 && isIdle(history, process)
          givesWay = false
          if (!mayDie) return turn
          history.incident("worker died", process)
          return Effect.die(new Error("simulated defect of a worker"))
        })
      })
    })

/** Whether all that a process's workers have claimed has been settled or given up. */
const isIdle = (history: History, process: string): boolean => {
  const calls = history.calls.filter((call) => call.process === process)
  const settles = calls.filter(({ operation }) => ["complete", "fail", "release"].includes(operation))
  const isOver = ({ lease }: ClaimedJob) => {
    const of = settles.filter(({ request }) =>
      (request as ReadonlyArray<Pick<ClaimedJob, "lease">>).some((item) =>
        item.lease.jobId === lease.jobId && item.lease.attempt === lease.attempt
      )
    )
    const run = history.runs.find(({ attempt, jobId }) => jobId === lease.jobId && attempt === lease.attempt)
    return of.length === 0 ? run?.ended !== undefined : of.some(({ returned }) => returned?.tag === "ok")
  }
  return calls.every(({ operation, request, returned }) => {
    if (operation !== "claim" || (request as ClaimRequest).worker.startsWith("hand.")) return true
    return returned !== undefined
      && (returned.tag !== "ok" || (returned.answer as ReadonlyArray<ClaimedJob>).every(isOver))
  })
}
