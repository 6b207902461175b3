import type { Run, Sample, Scenario } from "../../Scenario.ts"
import type { Rows } from "../../contenders/holdfastClaims.ts"
import { backlogs, databasesOf, overFew } from "../../scenarios/backlogs.ts"
import { createDatabase, urlOf } from "../database.ts"

const queues = 200
const kinds = 20

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
    ...databasesOf(make, "now() + interval '1000 days'"),
    [lanes]: make(() => [{
      count: queues * kinds * 5,
      queue: `'queue' || (n % ${queues})`,
      kind: `'bench.kind' || (n / ${queues} % ${kinds})`,
      priority: `n / ${queues * kinds}`
    }])
  },
  contenders: {
    ...Object.fromEntries(backlogs.map((name) => [name, claims(name)])),
    [lanes]: claims(lanes, kinds)
  },
  comparisons: [
    ...overFew("claim", "claimMicros", { atMost: 1.2 }),
    { what: "claim, 4,000 lanes, µs", figure: "claimMicros", of: lanes, atMost: 10_000 }
  ]
}
