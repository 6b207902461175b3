import { Effect } from "effect"
import { hostname, userInfo } from "node:os"
import { answer, roomOn } from "../../cli/answer.ts"
import { describeQueues, queuesOf, sinceText } from "../../cli/describeStats.ts"
import { oneLine } from "../../cli/readable.ts"
import { queueToChange, queueToRead } from "../../cli/openQueue.ts"
import type { Streams } from "../../cli/Streams.ts"
import { scopeOf } from "../../domain/Pause.ts"
import type { PauseTarget } from "../../index.ts"
import { JobQueue } from "../../index.ts"

/** Prints the queues that have jobs or are paused, and the kinds that are paused. */
export const list = (json: boolean, { stdout }: Streams) =>
  Effect.gen(function*() {
    const { isWhole, lanes } = yield* JobQueue.stats()
    const pauses = yield* JobQueue.pauses
    const queues = queuesOf(lanes, pauses)
    const pausedKinds = pauses.filter(({ scope }) => scope === "kind")
    yield* answer(
      json,
      { queues, pausedKinds, isWhole },
      () => describeQueues(queues, pausedKinds, isWhole, roomOn(stdout))
    )
  }).pipe(Effect.provide(queueToRead))

/** Pauses a queue or a kind, unless it is paused, and prints since when it is. */
export const pause = (target: PauseTarget, json: boolean) =>
  Effect.gen(function*() {
    const { name, scope } = scopeOf(target)
    const before = (yield* JobQueue.pauses).some((pause) => pause.scope === scope && pause.name === name)
    const made = yield* JobQueue.pause(target, { by: yield* person })
    yield* answer(json, made, () =>
      before
        ? `${wordsFor(target)} has been paused ${sinceText(made)}`
        : `${wordsFor(target)} is paused: no more of its jobs are claimed, and those that run go on`)
  }).pipe(Effect.provide(queueToChange))

/** Ends the pause of a queue or a kind. It is not an error if it was not paused. */
export const resume = (target: PauseTarget, json: boolean) =>
  Effect.gen(function*() {
    const resumed = yield* JobQueue.resume(target)
    yield* answer(json, { ...scopeOf(target), resumed }, () =>
      resumed ? `${wordsFor(target)} is no longer paused` : `${wordsFor(target)} was not paused`)
  }).pipe(Effect.provide(queueToChange))

const wordsFor = (target: PauseTarget) => {
  const { name, scope } = scopeOf(target)
  return `The ${scope} ${oneLine(JSON.stringify(name))}`
}

/** The person at this machine, for the next one to ask. A container's user may have no name. */
const person = Effect.try(() => userInfo().username).pipe(
  Effect.orElseSucceed(() => "somebody"),
  Effect.map((name) => `${name}@${hostname()}`.slice(0, 255))
)
