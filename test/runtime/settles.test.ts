import { assert, it } from "@effect/vitest"
import { Effect, Either, Exit, Option, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { makeSettles } from "../../src/runtime/attempt/settles.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { inHoldfast, settled } from "./harness.ts"

const Task = Job.make("settles.task", { payload: Schema.Void })

it.effect("what dies as it is told that its job is settled keeps no other job of its group from hearing", () =>
  Effect.gen(function*() {
    yield* Effect.forEach([1, 2, 3], () => JobQueue.enqueue(Task, undefined))
    const jobs = yield* JobQueue.claim({ jobs: [Task], limit: 3 })
    const { completeFirst } = yield* makeSettles(yield* JobStore, { graceOver: Effect.never, gathering: Effect.void })
    const heard = new Map<number, string>()
    jobs.forEach(({ lease }, index) =>
      completeFirst({
        item: { lease, result: "null" },
        since: 0,
        event: () => {
          if (index === 1) throw new Error("a bug")
          return undefined
        },
        span: Option.none(),
        answered: (exit) => heard.set(index, Exit.isSuccess(exit) && Either.isRight(exit.value) ? "settled" : "died")
      })
    )
    yield* settled
    assert.deepStrictEqual([...heard], [[0, "settled"], [1, "died"], [2, "settled"]])
  }).pipe(inHoldfast()))
