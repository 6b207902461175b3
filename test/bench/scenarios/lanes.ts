import type { Run, Sample, Scenario } from "../Scenario.ts"

const queues = 200
const kinds = 20
const priorities = 5
const manyQueues = 20_000

/** All queues, kinds and priorities there are, one job each. */
const lanes = (availableAt: string) => async (path: string) => {
  const { makeDatabase } = await import("../contenders/holdfastClaims.ts")
  await makeDatabase(path, [{
    count: queues * kinds * priorities,
    queue: `'queue' || (n % ${queues})`,
    kind: `'bench.kind' || (n / ${queues} % ${kinds})`,
    priority: `n / ${queues * kinds}`,
    availableAt
  }])
}

/** Claims by a worker that lists so many kinds, and every queue or the named ones. */
const claims =
  (database: string, kinds: number, { claimed = 10, named = false } = {}) => async (run: Run): Promise<Sample> => {
    const { kindsOf, timeClaims } = await import("../contenders/holdfastClaims.ts")
    return timeClaims({
      database: run.shared(database),
      kinds: kindsOf(kinds),
      ...(named ? { queues: Array.from({ length: queues }, (_, n) => `queue${n}`) } : {}),
      calls: run.count(40),
      claimed
    })
  }

const all = "4,000 lanes, every queue and kind"
const half = "4,000 lanes, half of the kinds"
const named = "4,000 lanes, queues named"
const delayed = "4,000 lanes, none due"
const many = "20,000 queues"

/** Claims, by the lanes they choose from. */
export const lanesOf: Scenario = {
  name: "lanes",
  title: "A claim and its lanes",
  about:
    "The median of 40 claims of 10, and of 40 looks for what is due next, NORMAL. 200 queues by 20 kinds by 5 priorities hold one "
    + "job each; in the last row 20,000 queues do, of one kind. The worker takes every queue and lists every kind, unless it says otherwise.",
  figures: ["claimMicros", "lookMicros"],
  databases: {
    lanes: lanes("now"),
    delayed: lanes("now + 1000 * 86400000"),
    queues: async (path) => {
      const { makeDatabase } = await import("../contenders/holdfastClaims.ts")
      await makeDatabase(path, [{ count: manyQueues, queue: "'queue' || n", kind: "'bench.kind0'" }])
    }
  },
  contenders: {
    [all]: claims("lanes", kinds),
    [half]: claims("lanes", kinds / 2),
    [named]: claims("lanes", kinds, { named: true }),
    [delayed]: claims("delayed", kinds, { claimed: 0 }),
    [many]: claims("queues", 1)
  },
  comparisons: [
    { what: "claim, every queue and kind, µs", figure: "claimMicros", of: all, atMost: 1000 },
    { what: "look, every queue and kind, µs", figure: "lookMicros", of: all, atMost: 1000 },
    ...[half, named, delayed].flatMap((of) => [
      { what: `claim, ${of}, µs`, figure: "claimMicros" as const, of, atMost: 10_000 },
      { what: `look, ${of}, µs`, figure: "lookMicros" as const, of, atMost: 10_000 }
    ]),
    { what: "claim, 20,000 queues over 4,000 lanes", figure: "claimMicros", of: many, over: all, atMost: 1 },
    { what: "look, 20,000 queues over 4,000 lanes", figure: "lookMicros", of: many, over: all, atMost: 1 }
  ]
}
