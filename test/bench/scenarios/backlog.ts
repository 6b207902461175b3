import type { Run, Sample, Scenario } from "../Scenario.ts"
import type { Rows } from "../contenders/holdfastClaims.ts"

const few = 10_000
const many = 1_000_000

/** Never so few that the claims of a run find none. */
const dueJobs = (count: Run["count"]) => Math.max(100, count(few))

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

const names = ["1M pending", "1M succeeded", "1M delayed of higher priority"] as const

/** Claims, by the rows that lie about. */
export const backlog: Scenario = {
  name: "backlog",
  title: "A claim and a backlog",
  about: "The median of 200 claims of 10, and of 200 looks for what is due next, NORMAL. There are 10,000 due jobs, "
    + "beside a million that succeeded, or a million delayed ones of higher priority; or a million that are due.",
  figures: ["claimMicros", "lookMicros"],
  databases: {
    "10k pending": make((count) => [{ count: dueJobs(count) }]),
    "1M pending": make((count) => [{ count: count(many) }]),
    "1M succeeded": make((count) => [{ count: count(many), status: "succeeded" }, { count: dueJobs(count) }]),
    "1M delayed of higher priority": make((count) => [
      { count: count(many), priority: "10", availableAt: "now + 1000 * 86400000" },
      { count: dueJobs(count) }
    ])
  },
  contenders: Object.fromEntries(["10k pending", ...names].map((name) => [name, claims(name)])),
  comparisons: [
    ...names.map((name) => ({
      what: `claim, ${name} over 10k`,
      figure: "claimMicros" as const,
      of: name,
      over: "10k pending",
      atMost: 1.2
    })),
    ...names.map((name) => ({
      what: `look, ${name} over 10k`,
      figure: "lookMicros" as const,
      of: name,
      over: "10k pending"
    }))
  ]
}
