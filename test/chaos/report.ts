import type { ChaosProof } from "../docs/proof.ts"

const nothingYet = {
  kills: 0,
  /** Of any length. */
  pauses: 0,
  terms: 0,
  lockHolds: 0,
  fullDisks: 0,
  readOnlyFiles: 0,
  garbageFiles: 0,
  systemCallKills: 0,
  databasesGone: 0,
  serverCrashes: 0,
  /** Times that all connections to the server were ended at once. */
  connectionsEnded: 0,
  networkCuts: 0,
  /** Statements that were carried out and whose answer was lost. */
  answersLost: 0,
  jobs: 0,
  /** Settles sent after a later attempt was claimed, each refused. */
  lateSettlesRefused: 0,
  /** Handlers that overlapped because the older one's process stood still past its deadline. */
  overlapsExcused: 0,
  /** The longest, in milliseconds, that the loop of a worker stood still without having been stopped. */
  longestStall: 0,
  /** Workers that went on after they had been stopped for longer than a lease. */
  pausesPastTheLease: 0,
  /** How many system calls there are in the scripted life. */
  systemCalls: 0,
  /** At how many of them it was to be killed. It does not get as far each time. */
  systemCallsTried: 0
}

type Counts = typeof nothingYet

/** The counts that only runs on one of the databases have. */
const faultsOf = {
  sqlite: [
    "fullDisks",
    "readOnlyFiles",
    "garbageFiles",
    "systemCallKills",
    "databasesGone",
    "systemCalls",
    "systemCallsTried"
  ],
  postgres: ["serverCrashes", "connectionsEnded", "networkCuts", "answersLost"]
} as const satisfies Record<string, ReadonlyArray<keyof Counts>>

/** The counts of a run without those that it cannot have. */
const countsOf = ({ postgres, ...result }: Omit<ChaosResult, "seconds" | "skipped" | "violations">) => {
  const others: ReadonlyArray<string> = faultsOf[postgres ? "sqlite" : "postgres"]
  return Object.entries(result).filter(([name]) => !others.includes(name))
}

/** What a chaos run has done and found so far. */
export interface Tally extends Counts {
  readonly skipped: Set<string>
  /** What was skipped at one time of the run, and not at another. */
  readonly notSkipped: Set<string>
  readonly violations: Set<string>
}

export const makeTally = (): Tally => ({
  ...nothingYet,
  skipped: new Set(),
  notSkipped: new Set(),
  violations: new Set()
})

/** Notes whether a fault was felt this time. What it says if it was not is true only if it never was in the run. */
export const seen = ({ notSkipped, skipped }: Tally, felt: boolean, otherwise: string): void =>
  void (felt ? notSkipped : skipped).add(otherwise)

/** What a chaos run has done and found. A plain object, to be recorded as it is. */
export interface ChaosResult extends Readonly<Counts> {
  readonly seconds: number
  readonly seed: number
  readonly postgres: boolean
  /** What could not be done here, and why. */
  readonly skipped: ReadonlyArray<string>
  /** What did not hold, each with its evidence. */
  readonly violations: ReadonlyArray<string>
}

export const resultOf = (
  { notSkipped, skipped, violations, ...counts }: Tally,
  { postgres, seconds, seed }: Pick<ChaosResult, "postgres" | "seconds" | "seed">
): ChaosResult => ({
  seconds: Math.round(seconds),
  seed,
  postgres,
  ...counts,
  longestStall: Math.round(counts.longestStall),
  skipped: [...skipped].filter((what) => !notSkipped.has(what)),
  violations: [...violations]
})

/** What a full run must have brought about wherever it runs, and did not: that it has not tried. */
export const neverCame = (counts: ChaosResult): ReadonlyArray<string> => {
  const ofDatabase = counts.postgres ? faultsOf.postgres : ["garbageFiles", "databasesGone"] as const
  const wanted = ["terms", "lockHolds", ...ofDatabase, "lateSettlesRefused", "overlapsExcused"] as const
  // The scripted life makes a few calls more or fewer each time, so that the last ones may not come.
  const isTooFew = counts.systemCallKills < counts.systemCalls * 0.8
  return [...wanted.filter((name) => counts[name] === 0), ...(isTooFew ? ["systemCallKills"] : [])].map(words)
}

/** The result as a person reads it. */
export const table = ({ seconds, skipped, violations, ...counts }: ChaosResult): string =>
  [
    ...[["seconds", seconds] as const, ...countsOf(counts), ["violations", violations.length] as const].map((
      [name, count]
    ) => `${words(name).padEnd(24)}${String(count).padStart(12)}`),
    ...skipped.map((what) => `skipped: ${what}`),
    ...violations.map((what) => `VIOLATION: ${what}`)
  ].join("\n")

/** The result as the record keeps it. */
export const proofOf = (
  { seconds, skipped, violations, ...counts }: ChaosResult
): Omit<ChaosProof, "commit" | "date"> => ({
  seconds,
  counts: Object.fromEntries(countsOf(counts).map(([name, count]) => [words(name), count])),
  skipped,
  violations: violations.length
})

const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
