import type { Run, Sample, Scenario } from "../../Scenario.ts"
import type { Rows } from "../backlog.ts"
import { createDatabase, urlOf } from "../database.ts"

const few = 10_000
const many = 1_000_000
const queues = 200
const kinds = 20

/** Never so few that the claims of a run find none. */
const dueJobs = (count: Run["count"]) => Math.max(100, count(few))

const make =
  (rows: (count: Run["count"]) => ReadonlyArray<Rows>) => async (path: string, { count }: Pick<Run, "count">) => {
    const { fill } = await import("../backlog.ts")
    await fill(await createDatabase(path), rows(count))
  }

const claims = (database: string, kindCount?: number) => async (run: Run): Promise<Sample> => {
  const { timeClaims } = await import("../backlog.ts")
  const { Nothing } = await import("../../contenders/holdfast.ts")
  const { kindsOf } = await import("../../contenders/holdfastClaims.ts")
  return timeClaims(urlOf(run.shared(database)), {
    kinds: kindCount === undefined ? [Nothing] : kindsOf(kindCount),
    calls: run.count(200),
    claimed: 10
  })
}

const backlogs = ["1M pending", "1M succeeded", "1M delayed of higher priority"] as const
const lanes = "4,000 lanes"

/** Claims, by the rows that lie about. */
export const backlog: Scenario = {
  name: "backlog",
  title: "A claim and a backlog",
  about: "The median of 200 claims of 10, and of 200 looks for what is due next. There are 10,000 due jobs, "
    + "beside a million that succeeded, or a million delayed ones of higher priority; or a million that are due; or one job in each of "
    + `${queues} queues by ${kinds} kinds by 5 priorities. Each table was vacuumed.`,
  figures: ["claimMicros", "lookMicros"],
  databases: {
    "10k pending": make((count) => [{ count: dueJobs(count) }]),
    "1M pending": make((count) => [{ count: count(many) }]),
    "1M succeeded": make((count) => [{ count: count(many), status: "succeeded" }, { count: dueJobs(count) }]),
    "1M delayed of higher priority": make((count) => [
      { count: count(many), priority: "10", availableAt: "now() + interval '1000 days'" },
      { count: dueJobs(count) }
    ]),
    [lanes]: make(() => [{
      count: queues * kinds * 5,
      queue: `'queue' || (n % ${queues})`,
      kind: `'bench.kind' || (n / ${queues} % ${kinds})`,
      priority: `n / ${queues * kinds}`
    }])
  },
  contenders: {
    ...Object.fromEntries(["10k pending", ...backlogs].map((name) => [name, claims(name)])),
    [lanes]: claims(lanes, kinds)
  },
  comparisons: [
    ...backlogs.map((name) => ({
      what: `claim, ${name} over 10k`,
      figure: "claimMicros" as const,
      of: name,
      over: "10k pending",
      atMost: 1.2
    })),
    { what: "claim, 4,000 lanes, µs", figure: "claimMicros", of: lanes, atMost: 10_000 }
  ]
}
