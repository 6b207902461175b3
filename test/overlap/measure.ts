import { Clock, Effect } from "effect"
import { startProcess } from "../processes/startProcess.ts"
import type { Contender, Work } from "./queues.ts"

/** The fate of one job that two worker processes could run. */
export interface Outcome {
  readonly runs: number
  /** Runs whose handler came to its end, also of those whose completion the queue refused. */
  readonly ended: number
  /** The most runs at the same time, looked at every 20 ms. */
  readonly mostAtOnce: number
}

/** The longest wait for a job that somebody should take over, in milliseconds. */
const mostWait = 30_000

const startWorker = (name: string, place: string) =>
  startProcess(["--enable-source-maps", ".build/test/overlap/workerProcess.js", name, place])

/** Two workers beside each other, and a queue to send by. */
const start = (name: string, contender: Contender, place: string) =>
  Effect.gen(function*() {
    const queue = yield* Effect.promise(() => contender.open(place))
    const workers = [yield* startWorker(name, place), yield* startWorker(name, place)] as const
    yield* Effect.forEach(workers, (worker) => worker.says("listens"))
    return { queue, workers }
  })

/**
 * Runs one job, and watches both workers until all runs that began have ended and, for as long again as the work takes,
 * no other has begun.
 */
export const runs = (name: string, contender: Contender, place: string, work: Work) =>
  Effect.gen(function*() {
    const { queue, workers } = yield* start(name, contender, place)
    yield* Effect.promise(() => queue.send(work))
    const lasts = work.computes + work.waits
    let mostAtOnce = 0
    let quietSince = yield* Clock.currentTimeMillis
    let seen = 0
    const startedAt = quietSince
    while (true) {
      const said = workers.flatMap(({ said }) => said)
      const begun = said.filter((line) => line === "begins").length
      const ended = said.filter((line) => line === "ends").length
      mostAtOnce = Math.max(mostAtOnce, begun - ended)
      const now = yield* Clock.currentTimeMillis
      if (said.length !== seen || begun > ended) quietSince = now
      seen = said.length
      if ((begun > 0 && now - quietSince > lasts) || now - startedAt > 8 * lasts) {
        return { runs: begun, ended, mostAtOnce } satisfies Outcome
      }
      yield* Effect.sleep("20 millis")
    }
  }).pipe(Effect.scoped)

/** Kills the worker that runs a job. Answers the milliseconds until the other begins it; none if it did not within 30 s. */
export const takesOver = (name: string, contender: Contender, place: string) =>
  Effect.gen(function*() {
    const { queue, workers } = yield* start(name, contender, place)
    yield* Effect.promise(() => queue.send({ computes: 0, waits: 60_000 }))
    const first = yield* Effect.raceAll(workers.map((worker) => Effect.as(worker.says("begins"), worker)))
    const other = workers[0] === first ? workers[1] : workers[0]
    const killedAt = yield* Clock.currentTimeMillis
    yield* first.kill("SIGKILL")
    yield* Effect.repeat(Effect.sleep("10 millis"), {
      until: () => other.said.includes("begins")
    }).pipe(Effect.timeoutOption(mostWait))
    return other.said.includes("begins") ? (yield* Clock.currentTimeMillis) - killedAt : undefined
  }).pipe(Effect.scoped)
