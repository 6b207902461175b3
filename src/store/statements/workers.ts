import type * as Statement from "@effect/sql/Statement"
import { Effect } from "effect"
import type { WorkerRecord } from "../../domain/WorkerRecord.ts"
import type { Dialect } from "../Differences.ts"
import type { WorkerBeat } from "../JobStore.ts"
import type { OnConnection } from "../Transactions.ts"
import { execute } from "./execute.ts"
import { workerRows } from "./rows.ts"

/** The milliseconds for which people can see that a worker is dead. Older rows are neither shown nor kept. */
const keptFor = 3_600_000

/** The statements about the workers' rows. */
export const makeWorkers = (dialect: Dialect) => {
  const { atMost, int, items, jsonOf, jsonText, later, millis, sql, truth, workersTable } = dialect

  /** Writes the row. Its first beat stays what it is. */
  const beat = (
    { beatEvery, isDraining, kinds, queues, ...told }: WorkerBeat,
    now: Statement.Fragment
  ): OnConnection<void> =>
    // WHERE tells ON CONFLICT from the ON of a join.
    Effect.asVoid(execute(sql`
      INSERT INTO ${workersTable}
        (worker, host, pid, version, started_at, beat_at, beat_every, kinds, queues, concurrency, running, draining)
      SELECT worker, host, pid, version, ${now}, ${now}, beat_every, ${jsonOf("kinds")}, ${jsonOf("queues")},
        concurrency, running, draining
      FROM ${
      items({
        worker: "text",
        host: "text",
        pid: "int",
        version: "text",
        beat_every: "int",
        kinds: "text",
        queues: "text",
        concurrency: "int",
        running: "int",
        draining: "int"
      }, [{
        ...told,
        beat_every: beatEvery,
        kinds: JSON.stringify(kinds),
        queues: queues === null ? null : JSON.stringify(queues),
        draining: isDraining ? 1 : 0
      }])
    }
      WHERE TRUE
      ON CONFLICT (worker) DO UPDATE SET
        host = excluded.host, pid = excluded.pid, version = excluded.version, beat_at = excluded.beat_at,
        beat_every = excluded.beat_every, kinds = excluded.kinds, queues = excluded.queues,
        concurrency = excluded.concurrency, running = excluded.running, draining = excluded.draining`))

  const forget = (worker: string): OnConnection<void> =>
    Effect.asVoid(execute(sql`DELETE FROM ${workersTable} WHERE worker = ${worker}`))

  // Two beats may fail or be late while a third is under way. A fraction, since three times the longest interval is too much for an integer.
  const lastsUntil = later(sql.literal("beat_at"), "(beat_every * 3.0 + 5000)")
  const keptUntil = later(lastsUntil, int(keptFor))

  const anyOld = (now: Statement.Fragment): OnConnection<boolean> =>
    Effect.map(
      execute(sql`SELECT 1 FROM ${workersTable} WHERE ${keptUntil} < ${now} LIMIT 1`),
      (found) => found.length > 0
    )

  const prune = (now: Statement.Fragment): OnConnection<void> =>
    Effect.asVoid(execute(sql`DELETE FROM ${workersTable} WHERE ${keptUntil} < ${now}`))

  const all = (limit: number, now: Statement.Fragment): OnConnection<ReadonlyArray<WorkerRecord>> =>
    workerRows(sql`
      SELECT worker, host, pid, version, ${millis("started_at")} AS "startedAt", ${millis("beat_at")} AS "beatAt",
        ${millis(now)} - ${millis("beat_at")} AS "sinceBeat", beat_every AS "beatEvery",
        ${truth(sql`${now} <= ${lastsUntil}`)} AS "isLive", draining AS "isDraining",
        ${jsonText("kinds")} AS kinds, ${jsonText("queues")} AS queues, concurrency, running
      FROM ${workersTable} WHERE ${now} <= ${keptUntil} ORDER BY "isLive" DESC, started_at, worker ${atMost(limit)}`)

  return { beat, forget, all, anyOld, prune }
}
