import type * as SqlError from "@effect/sql/SqlError"
import { Duration, Effect, LogLevel } from "effect"
import { StoreError } from "../domain/errors.ts"
import type { JobId } from "../domain/JobId.ts"
import { line } from "../platform/line.ts"
import type { Dialect } from "./Differences.ts"
import type { StoreFailure } from "./JobStore.ts"
import { monotonicNanos } from "../platform/monotonic.ts"

/*
 * The table of jobs is also the app's. Its SQL can leave in a row what no job of
 * Holdfast's has, and its triggers and foreign keys can refuse a write to one.
 * Such a row is told of by its id, and stops nothing that is done to others.
 */

/** Claims and sweeps leave out a row that has refused them for this long. A person may have mended it by then. */
const leftOutFor = Duration.minutes(1)

/** A job that is finished does no harm by staying, so a row that cannot be deleted is named no more often than this. */
const toldAgainAfter = Duration.hours(1)

/** Jobs that a table of the app's refers to can be any number, and each takes a hundred bytes to remember. */
const mostTold = 10_000

/** The rows that have refused a write lately. */
export interface RefusedRows {
  /**
   * Runs a write for all items, and where it fails because of one of their rows,
   * for each half by itself, until `refused` is given each item that fails alone.
   * So few bad rows among many cost few statements.
   */
  readonly inHalves: <Item, A, E extends SqlError.SqlError | StoreFailure, R>(
    items: ReadonlyArray<Item>,
    write: (items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<A>, E, R>,
    refused: (item: Item, error: E) => Effect.Effect<ReadonlyArray<A>>
  ) => Effect.Effect<ReadonlyArray<A>, E, R>
  /** Tells of a row that a claim or a sweep could not change, and leaves it out for a minute. */
  readonly add: (operation: string, id: JobId, error: SqlError.SqlError) => Effect.Effect<void>
  /** The rows that claims and sweeps leave out now. */
  readonly leftOut: Effect.Effect<ReadonlyArray<JobId>>
  /** Tells which finished jobs a pruning could not delete. */
  readonly notDeleted: (ids: ReadonlyArray<JobId>, error: StoreFailure) => Effect.Effect<void>
}

/** No rows, at first. */
export const makeRefusedRows = ({ isOfARow }: Pick<Dialect, "isOfARow">): RefusedRows => {
  /** By id, with the monotonic instant until which the row is left out. */
  const until = new Map<JobId, bigint>()
  /** By id, with the monotonic instant from which the row is told of again. */
  const told = new Map<JobId, bigint>()

  const inHalves: RefusedRows["inHalves"] = (items, write, refused) =>
    Effect.catchIf(write(items), isOfARow, (error) => {
      const [first] = items
      if (first === undefined) return Effect.fail(error)
      if (items.length === 1) return refused(first, error)
      const middle = Math.ceil(items.length / 2)
      return Effect.zipWith(
        inHalves(items.slice(0, middle), write, refused),
        inHalves(items.slice(middle), write, refused),
        (before, after) => before.concat(after)
      )
    })

  return {
    inHalves,
    add: (operation, id, error) =>
      Effect.flatMap(monotonicNanos, (now) => {
        until.set(id, now + Duration.unsafeToNanos(leftOutFor))
        const { message } = new StoreError({ operation, cause: error })
        return warn("A job's row refuses a write and is left out for a minute", { jobId: id, error: message })
      }),
    leftOut: Effect.suspend(() => {
      if (until.size === 0) return noRows
      return Effect.map(monotonicNanos, (now) => {
        for (const [id, end] of until) if (end <= now) until.delete(id)
        return [...until.keys()]
      })
    }),
    notDeleted: (ids, error) =>
      Effect.flatMap(monotonicNanos, (now) => {
        const untold = ids.filter((id) => (told.get(id) ?? now) <= now)
        if (untold.length === 0) return Effect.void
        if (told.size + untold.length > mostTold) told.clear()
        for (const id of untold) told.set(id, now + Duration.unsafeToNanos(toldAgainAfter))
        const shown = untold.slice(0, 5).join(", ")
        return warn("Finished jobs cannot be deleted", {
          jobIds: untold.length > 5 ? `${shown} and ${untold.length - 5} more` : shown,
          error: error.message
        })
      })
  }
}

const noRows = Effect.succeed<ReadonlyArray<JobId>>([])

/** Unguarded: it is logged in a transaction, which runs under the guard, so a logger that throws undoes nothing. */
const warn = (message: string, annotations: Readonly<Record<string, unknown>>) =>
  line(LogLevel.Warning, message, annotations)
