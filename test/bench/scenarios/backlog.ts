import type { Run, Sample, Scenario } from "../Scenario.ts"
import type { Rows } from "../contenders/holdfastClaims.ts"
import { backlogs, databasesOf, overFew } from "./backlogs.ts"

const make =
  (rows: (count: Run["count"]) => ReadonlyArray<Rows>) => async (path: string, { count }: Pick<Run, "count">) => {
    const { makeDatabase } = await import("../contenders/holdfastClaims.ts")
    await makeDatabase(path, rows(count))
  }

const claims = (database: string) => async (run: Run): Promise<Sample> => {
  const { timeClaims } = await import("../contenders/holdfastClaims.ts")
  const { Nothing } = await import("../contenders/holdfast.ts")
  return timeClaims({ database: run.shared(database), kinds: [Nothing], calls: run.count(200), claimed: 10 })
}

/** Claims, by the rows that lie about. */
export const backlog: Scenario = {
  name: "backlog",
  title: "A claim and a backlog",
  about: "The median of 200 claims of 10, and of 200 looks for what is due next, NORMAL. There are 10,000 due jobs, "
    + "beside a million that succeeded, or a million delayed ones of higher priority; or a million that are due.",
  figures: ["claimMicros", "lookMicros"],
  databases: databasesOf(make, "now + 1000 * 86400000"),
  contenders: Object.fromEntries(backlogs.map((name) => [name, claims(name)])),
  comparisons: [...overFew("claim", "claimMicros", { atMost: 1.2 }), ...overFew("look", "lookMicros")]
}
