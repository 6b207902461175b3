import type * as Statement from "@effect/sql/Statement"
import { Array as Arr, Effect, Option } from "effect"
import { delayAfterDeath } from "../../domain/Backoff.ts"
import { instantText } from "../../domain/instantText.ts"
import type { JobId } from "../../domain/JobId.ts"
import type { Dialect } from "../Differences.ts"
import type { StaleChoice, StaleJob, StaleLease } from "../JobStore.ts"
import { execute } from "./execute.ts"
import { makeIds } from "./ids.ts"
import { makeLeased } from "./leased.ts"
import type { StaleRow } from "./rows.ts"
import { staleLeaseRows, staleRows, statusRows } from "./rows.ts"
import { makeUniqueKey } from "./uniqueKey.ts"

/** A lease that is over, as columns of a statement's items. */
const leaseColumns = { id: "id", attempt: "int", worker: "text", locked_until: "int" } as const

/** How the error of a job begins whose worker died. */
const ofDeadWorker = "Released from a dead worker"

/** The statements that find leases which are over, and free their jobs. Each leaves out the jobs of `except`. */
export const makeStale = (dialect: Dialect) => {
  const {
    among,
    atMost,
    byId,
    byIndex,
    instant,
    items,
    jobsTable,
    later,
    millis,
    remember,
    safeCount,
    safeMillis,
    sql,
    truth,
    unindexed
  } = dialect
  const { without } = makeIds(dialect)
  const { unlocked } = makeLeased(dialect)
  const { holdsKey, rivalsOf } = makeUniqueKey(dialect)

  const isRunning = sql`${unindexed("holdfast_jobs.status")} = 'running'`

  // An app's SQL may have set what JavaScript would round, and a fence would miss.
  const attempt = safeCount("holdfast_jobs.attempts")
  const lockedUntil = safeMillis("holdfast_jobs.locked_until")

  const isHeldBy = (workers: ReadonlyArray<string>) =>
    sql`locked_by IN (SELECT worker FROM ${items({ worker: "text" }, workers.map((worker) => ({ worker })))})`

  /** The attempt before this one ended with the death of its worker, too. */
  const diedBefore = truth(`last_error IS NOT NULL AND last_error LIKE '${ofDeadWorker}%'`)

  /** For a WHERE, after a condition of its own. */
  const staleLeases = (
    { after, heldBy, limit }: {
      readonly limit: number
      readonly after?: StaleLease | undefined
      readonly heldBy?: ReadonlyArray<string> | undefined
    },
    now: Statement.Fragment,
    except: ReadonlyArray<JobId> = []
  ) => {
    const isBehind = after === undefined
      ? sql.literal("TRUE")
      : sql`(locked_until, id) > (${instant(after.lockedUntil)}, ${after.id})`
    return staleLeaseRows(sql`
        SELECT id, ${attempt} AS attempt, locked_by AS "lockedBy", ${lockedUntil} AS "lockedUntil"
        FROM ${jobsTable} ${byIndex("holdfast_jobs_lease")}
        WHERE status = 'running' AND ${heldBy === undefined ? sql`locked_until <= ${now}` : isHeldBy(heldBy)}
          AND ${isBehind} ${without("id", except)}
        ORDER BY locked_until, id ${atMost(limit)}`)
  }

  const anyStale = (now: Statement.Fragment, except: ReadonlyArray<JobId> = []) =>
    Effect.map(
      execute(sql`
      SELECT 1 FROM ${jobsTable} ${byIndex("holdfast_jobs_lease")}
      WHERE status = 'running' AND locked_until <= ${now} ${without("id", except)} LIMIT 1`),
      (found) => found.length > 0
    )

  /** The stale jobs of a choice with who holds each since when, which RETURNING cannot give once the row is cleared. */
  const staleJobs = (which: StaleChoice, now: Statement.Fragment, except: ReadonlyArray<JobId> = []) =>
    staleRows(
      "leases" in which
        ? sql`
      SELECT holdfast_jobs.id, kind, ${attempt} AS attempts, ${
          safeCount("holdfast_jobs.failures")
        } AS failures, ${diedBefore} AS died_before, locked_by, ${
          millis("locked_at")
        } AS locked_at, ${lockedUntil} AS locked_until
      FROM ${
          items(
            leaseColumns,
            which.leases.map(({ attempt, id, lockedBy, lockedUntil }) => ({
              id,
              attempt,
              worker: lockedBy,
              locked_until: lockedUntil
            }))
          )
        } JOIN ${jobsTable} ${byId} ON holdfast_jobs.id = item.id
      WHERE ${isRunning} AND ${
          which.holderIsGone === true ? sql.literal("TRUE") : sql`holdfast_jobs.locked_until <= ${now}`
        }
        AND ${attempt} = item.attempt AND locked_by = item.worker AND ${lockedUntil} = item.locked_until${
          among("holdfast_jobs.id", which.leases.map(({ id }) => id))
        }
      ORDER BY holdfast_jobs.locked_until, holdfast_jobs.id`
        : sql`
      SELECT id, kind, ${attempt} AS attempts, ${
          safeCount("holdfast_jobs.failures")
        } AS failures, 0 AS died_before, locked_by, ${millis("locked_at")} AS locked_at, ${lockedUntil} AS locked_until
      FROM ${jobsTable} ${byIndex("holdfast_jobs_lease")}
      WHERE status = 'running' AND holdfast_jobs.locked_until <= ${now} ${without("id", except)}
      ORDER BY holdfast_jobs.locked_until, id ${atMost(which.limit)}`
    )

  /** Frees jobs that `staleJobs` has found. One whose lease was extended since keeps its holder. */
  const releaseStale = (stale: ReadonlyArray<StaleRow>, now: Statement.Fragment, holderIsGone = false) => {
    const over = sql`cancel_requested_at IS NOT NULL OR failures + 1 >= max_attempts`
    // No later than it would be if nobody knew that its worker is gone.
    const delayed = later(now, "item.delay")
    const dueAgain = sql`CASE WHEN holdfast_jobs.locked_until <= ${now} THEN ${now}
          WHEN holdfast_jobs.locked_until < ${delayed} THEN holdfast_jobs.locked_until ELSE ${delayed} END`
    const idsOfStale = stale.map(({ id }) => id)
    const rivals = rivalsOf(items(leaseColumns, stale.map(leaseItem)), idsOfStale)
    const message = sql`CASE WHEN failures + 1 >= max_attempts THEN item.spent ELSE item.released END`
    return Effect.map(
      statusRows(sql`
      UPDATE ${jobsTable} ${byId} SET
        status = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
          WHEN failures + 1 >= max_attempts THEN 'failed' ELSE 'pending' END,
        finished_at = CASE WHEN ${over} THEN ${now} END,
        available_at = CASE WHEN ${over} THEN available_at ELSE ${dueAgain} END,
        failures = failures + 1, last_error = ${message}, last_error_value = NULL,
        errors = ${remember({ at: now, message })},
        updated_at = ${now}, ${unlocked},
        holds_key = ${
        holdsKey(sql`NOT (${over})`, sql`${rivals} AND ${safeMillis("rival.locked_until")} = item.locked_until`)
      }
      FROM ${
        items(
          { ...leaseColumns, delay: "int", released: "text", spent: "text" },
          stale.map((job) => {
            const holder = `was locked by ${job.locked_by} since ${instantText(job.locked_at)}`
            return {
              ...leaseItem(job),
              delay: holderIsGone && job.died_before === 1 ? delayAfterDeath(job.failures) : 0,
              released: `${holderIsGone ? ofDeadWorker : "Released from stale lock"} (${holder})`,
              spent: `${holderIsGone ? "Dead worker" : "Stale lock"} after ${job.attempts} attempts (${holder})`
            }
          })
        )
      }
      WHERE holdfast_jobs.id = item.id AND ${isRunning} AND holdfast_jobs.locked_by = item.worker
        AND ${attempt} = item.attempt AND ${lockedUntil} = item.locked_until${among("holdfast_jobs.id", idsOfStale)}
      RETURNING holdfast_jobs.id, status`),
      (released) => {
        const statusOf = new Map(released.map(({ id, status }) => [id, status]))
        return Arr.filterMap(
          stale,
          (job) =>
            Option.map(Option.fromNullable(statusOf.get(job.id)), (status): StaleJob => ({
              id: job.id,
              kind: job.kind,
              attempt: job.attempts,
              lockedBy: job.locked_by,
              lockedAt: job.locked_at,
              holderIsGone,
              status
            }))
        )
      }
    )
  }

  return { staleLeases, anyStale, staleJobs, releaseStale }
}

const leaseItem = ({ attempts, id, locked_by, locked_until }: StaleRow) => ({
  id,
  attempt: attempts,
  worker: locked_by,
  locked_until
})
