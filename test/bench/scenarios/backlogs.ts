import type { Comparison } from "../compare.ts"
import type { Rows } from "../contenders/holdfastClaims.ts"
import type { FigureName } from "../figures.ts"
import type { Run, Scenario } from "../Scenario.ts"

const few = "10k pending"
const many = ["1M pending", "1M succeeded", "1M delayed of higher priority"] as const

/** The backlogs that claims are timed beside: ten thousand jobs that are due, and three of a million. */
export const backlogs = [few, ...many] as const

/** Never so few that the claims of a run find none. */
const dueJobs = (count: Run["count"]) => Math.max(100, count(10_000))

const million = (count: Run["count"]) => count(1_000_000)

/** A database for each backlog. `later` is SQL for an instant in the far future. */
export const databasesOf = (
  make: (rows: (count: Run["count"]) => ReadonlyArray<Rows>) => NonNullable<Scenario["databases"]>[string],
  later: string
): Readonly<Record<typeof backlogs[number], NonNullable<Scenario["databases"]>[string]>> => ({
  "10k pending": make((count) => [{ count: dueJobs(count) }]),
  "1M pending": make((count) => [{ count: million(count) }]),
  "1M succeeded": make((count) => [{ count: million(count), status: "succeeded" }, { count: dueJobs(count) }]),
  "1M delayed of higher priority": make((count) => [
    { count: million(count), priority: "10", availableAt: later },
    { count: dueJobs(count) }
  ])
})

/** Each backlog of a million beside ten thousand jobs. */
export const overFew = (
  what: string,
  figure: FigureName,
  target: Pick<Comparison, "atMost"> = {}
): ReadonlyArray<Comparison> =>
  many.map((of) => ({ what: `${what}, ${of} over 10k`, figure, of, over: few, ...target }))
