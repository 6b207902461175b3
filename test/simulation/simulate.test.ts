import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { makeTemplate } from "./database.ts"
import { simulateSeeds } from "./seeds.ts"
import { shrink } from "./shrink.ts"
import type { Simulated } from "./simulate.ts"
import { simulate } from "./simulate.ts"
import { Machine, SimulatedProcess } from "./SimulatedProcess.ts"
import { TimerHeap } from "./TimerHeap.ts"
import { Livelock, World } from "./World.ts"

const seeds = [1, 2, 3]

describe("a simulation", () => {
  it.live(
    "breaks no promise, and the same seed gives the same history, in this process and in another",
    () =>
      Effect.gen(function*() {
        const template = yield* makeTemplate
        const here = seeds.map((seed) => simulate({ seed, template }))
        assert.deepStrictEqual(here.flatMap(({ violations }) => violations), [])
        assert.strictEqual(new Set(here.map(({ digest }) => digest)).size, seeds.length)

        const again = simulate({ seed: 3, template })
        assert.strictEqual(again.digest, here[2]?.digest)

        const elsewhere = new Map<number, string>()
        yield* Effect.promise(() =>
          simulateSeeds({
            seeds,
            template,
            processes: 2,
            program: new URL("../../.build/test/simulation/seedProcess.js", import.meta.url),
            done: ({ digest, seed }) => elsewhere.set(seed, digest)
          })
        )
        assert.deepStrictEqual(seeds.map((seed) => elsewhere.get(seed)), here.map(({ digest }) => digest))
      }).pipe(Effect.scoped),
    180_000
  )

  it.live("without its faults has none, and ends all the same", () =>
    Effect.gen(function*() {
      const calm = simulate({ seed: 5, template: yield* makeTemplate, only: new Set() })
      assert.deepStrictEqual(calm.violations, [])
      assert.deepStrictEqual(calm.injected.filter((name) => name !== ""), [])
      assert.isAbove(calm.jobs, 0)
    }).pipe(Effect.scoped))
})

describe("a simulated process", () => {
  it("whose fibers never rest is found out, also one that never gives way", () => {
    const world = new World(1)
    const spinning = Effect.whileLoop({ while: () => true, body: () => Effect.void, step: () => {} })
    new SimulatedProcess(world, new Machine("a", 0)).start(spinning, () => {})
    assert.throws(() => world.run(() => false), Livelock)
  })
})

describe("shrinking", () => {
  const failing = (needed: ReadonlySet<string>) => (only: ReadonlySet<string>): Simulated => ({
    ...simulated,
    violations: [...needed].every((name) => only.has(name)) ? ["the promise: broken"] : []
  })

  const simulated: Simulated = {
    seed: 1,
    digest: "",
    simulatedMillis: 0,
    jobs: 0,
    calls: 0,
    faults: new Map(),
    injected: Array.from({ length: 30 }, (_, n) => `fault-${n}`),
    reached: new Map(),
    violations: ["the promise: broken"]
  }

  it.prop(
    "leaves exactly the faults that it takes, wherever they are",
    [FastCheck.uniqueArray(FastCheck.integer({ min: 0, max: 29 }), { maxLength: 4 })],
    ([needed]) => {
      const names = needed.map((n) => `fault-${n}`)
      assert.sameMembers([...shrink(simulated, failing(new Set(names)), 1000)], names)
    }
  )

  it("tries no more often than it may, and what it leaves still fails", () => {
    let runs = 0
    const again = (only: ReadonlySet<string>) => {
      runs++
      return failing(new Set(["fault-7", "fault-21"]))(only)
    }
    const left = shrink(simulated, again, 10)
    assert.strictEqual(runs, 10)
    assert.includeMembers([...left], ["fault-7", "fault-21"])
    assert.isBelow(left.length, 30)
  })
})

describe("timers", () => {
  it.prop(
    "go off by instant, then in the order they were set, and not once cancelled",
    [FastCheck.array(FastCheck.tuple(FastCheck.integer({ min: 0, max: 5 }), FastCheck.boolean()))],
    ([instants]) => {
      const heap = new TimerHeap()
      const owner = { running: true, park: () => {} }
      const gone: Array<number> = []
      instants.forEach(([at, cancelled], index) => {
        const timer = heap.add(at, owner, () => gone.push(index))
        if (cancelled) assert.isTrue(timer.cancel())
      })
      for (let timer = heap.take(); timer !== undefined; timer = heap.take()) timer.task()
      const expected = instants.map(([at, cancelled], index) => ({ at, cancelled, index }))
        .filter(({ cancelled }) => !cancelled)
        .sort((a, b) => a.at - b.at || a.index - b.index)
      assert.deepStrictEqual(gone, expected.map(({ index }) => index))
    }
  )
})
