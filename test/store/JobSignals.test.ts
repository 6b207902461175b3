import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeJobSignals } from "../../src/store/JobSignals.ts"
import { jobId } from "./someJobs.ts"

it.effect("a worker hears every signal until its scope closes, and none after", () =>
  Effect.gen(function*() {
    const signals = makeJobSignals()
    const heard: Array<string> = []
    const listener = (name: string) => ({
      wake: Effect.sync(() => void heard.push(`${name} wakes`)),
      cancel: (id: string) => Effect.sync(() => void heard.push(`${name} cancels ${id}`))
    })
    yield* signals.listen(listener("a"))
    yield* Effect.scoped(Effect.zipRight(signals.listen(listener("b")), signals.wake))
    assert.deepStrictEqual(heard.splice(0), ["a wakes", "b wakes"])
    yield* signals.wake
    yield* signals.cancel(jobId(1))
    assert.deepStrictEqual(heard, ["a wakes", `a cancels ${jobId(1)}`])
  }).pipe(Effect.scoped))
