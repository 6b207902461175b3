import Database from "better-sqlite3"
import { Effect, Option, Runtime } from "effect"
import { JobQueue, JobStore } from "../../../src/index.ts"
import { expectCount, medianMicros } from "../measure.ts"
import type { Sample } from "../Scenario.ts"
import { kindOf, migrate, runOn } from "./holdfast.ts"

/** Jobs to be inserted as an enqueue would: one for each of `count`, with SQL for what differs, where `n` counts from 0. */
export interface Rows {
  readonly count: number
  readonly status?: "pending" | "succeeded"
  readonly queue?: string
  readonly kind?: string
  readonly priority?: string
  readonly availableAt?: string
}

/** Makes a database with these jobs. */
export const makeDatabase = async (path: string, all: ReadonlyArray<Rows>): Promise<void> => {
  await migrate(path)
  const database = new Database(path)
  database.pragma("synchronous = OFF")
  let first = 0
  for (const rows of all) {
    insert(database, rows, first)
    first += rows.count
  }
  database.close()
}

const payload = `'{"n":0,"account":"account-00000000","template":"welcome","subject":"","body":"${
  "x".repeat(100)
}","tags":[]}'`

/** Ids are as in a version 7 UUID, in the order of `n`. */
const insert = (database: Database.Database, rows: Rows, first: number) => {
  const { availableAt = "now", count, kind = "'bench.nothing'", priority = "0", queue = "'default'" } = rows
  const settled = rows.status === "succeeded"
  database.prepare(`
    WITH RECURSIVE counter (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counter WHERE n < @count - 1),
    source AS (SELECT n, 1750000000000 AS now FROM counter)
    INSERT INTO holdfast_jobs (
      id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at, attempts, result, finished_at
    )
    SELECT printf('01976000-%04x-7000-8000-%012x', (@first + n) >> 24, (@first + n) & 16777215), ${queue}, ${kind}, ${payload},
      '${rows.status ?? "pending"}', ${priority}, 3, ${availableAt}, now, now,
      ${settled ? "1, 'null', now" : "0, NULL, NULL"}
    FROM source`).run({ count, first })
}

/** Takes every lock off, so that each run finds the same jobs due. */
const giveBack = (path: string) => {
  const database = new Database(path)
  database.exec(`
    UPDATE holdfast_jobs SET status = 'pending', locked_at = NULL, locked_by = NULL, locked_until = NULL
    WHERE status = 'running'`)
  database.close()
}

/** Kinds by the names that the rows have. */
export const kindsOf = (count: number) => Array.from({ length: count }, (_, n) => kindOf(`bench.kind${n}`))

/** The claims that are timed. */
export interface Claims {
  readonly calls: number
  readonly kinds: ReadonlyArray<ReturnType<typeof kindOf>>
  readonly queues?: ReadonlyArray<string>
  /** How many jobs each claim must find. */
  readonly claimed: number
}

/** The median time of a claim of 10, and of a worker's look for what is due next. */
export const claimTimes = ({ calls, claimed, kinds, queues }: Claims) =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<JobQueue | JobStore>()
    const store = yield* JobStore
    const claim = Effect.map(
      JobQueue.claim({ jobs: kinds, limit: 10, ...(queues === undefined ? {} : { queues }) }),
      (jobs) => expectCount("jobs claimed", jobs.length, claimed)
    )
    const look = store.nextDue({
      queues: Option.map(Option.fromNullable(queues), (names) => names.map((queue) => ({ queue, limit: 10 }))),
      kinds: kinds.map(({ kind }) => ({ kind, leaseFor: 600_000 }))
    })
    const time = (call: Effect.Effect<unknown, unknown, JobQueue | JobStore>) =>
      Effect.promise(async () => {
        await medianMicros(Math.ceil(calls / 5), () => Runtime.runPromise(runtime)(call))
        return medianMicros(calls, () => Runtime.runPromise(runtime)(call))
      })
    return { claimMicros: yield* time(claim), lookMicros: yield* time(look) }
  })

/** These times in a file. */
export const timeClaims = async ({ database, ...claims }: Claims & { readonly database: string }): Promise<Sample> => {
  giveBack(database)
  const sample = await runOn({ database, durability: "normal" }, claimTimes(claims))
  giveBack(database)
  return sample
}
