import type { Mutant } from "../Mutant.ts"
import { bySeed } from "../Mutant.ts"

const store = "src/store/SqlJobStore.ts"
const attempt = "src/runtime/attempt/runAttempt.ts"
const heartbeat = "src/runtime/lease/heartbeat.ts"
const loop = "src/runtime/worker/workerLoop.ts"
const sweep = "src/runtime/maintenance/staleSweep.ts"

const over = "const over = sql`cancel_requested_at IS NOT NULL OR failures + 1 >= max_attempts`"

/**
 * Shows that the simulation's checker can fail: each breaks a promise of the
 * whole fleet, which one seed must show. Tests of one process kill most of them
 * under other names.
 */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "In a fleet, a write under a lease asks neither who holds the job nor which attempt it is",
    file: store,
    find: "\n        AND holdfast_jobs.locked_by = item.worker AND holdfast_jobs.attempts = item.attempt${",
    replace: "${",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet, a claim takes running jobs whose lease is nearly over",
    file: store,
    find:
      "AS due ${inOrder}\n        WHERE due.status = 'pending' AND due.priority = band.priority AND due.available_at <= ${now}",
    // That index has pending jobs only.
    replace:
      "AS due\n        WHERE (due.status = 'pending' OR due.locked_until <= ${now} + 3000) AND due.priority = band.priority AND due.available_at <= ${now}",
    also: [{
      file: store,
      find: "IN (SELECT id FROM ${free.name}) AND ${unindexed(\"holdfast_jobs.status\")} = 'pending'",
      replace: "IN (SELECT id FROM chosen) AND ${unindexed(\"holdfast_jobs.status\")} <> 'failed'"
    }],
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a claim takes the earlier due before the higher priority",
    file: store,
    find: "withinRoom}\n      ORDER BY priority DESC, available_at, id ${atMost(",
    replace: "withinRoom}\n      ORDER BY available_at, priority DESC, id ${atMost(",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, no heartbeat is forked",
    file: heartbeat,
    find: "this.unlessOver(Effect.zipRight(waits, this.beating(this.pace)))",
    replace: "this.unlessOver(Effect.zipRight(Effect.zipRight(waits, Effect.never), this.beating(this.pace)))",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a handler is not told to stop at the deadline",
    file: heartbeat,
    find: "this.options.fork(this.options.stop(StopReason.DeadlinePassed()))",
    replace: "",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet, a handler is not told that its lease is lost",
    file: heartbeat,
    find: "return Effect.zipRight(stop(StopReason.LeaseLost()), gone)",
    replace: "return gone",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet, the deadline counts from when the claim was answered",
    file: loop,
    find: `        const claimSentAt = yield* monotonicMillis
        mayBeMore = false
        const jobs = yield* store.claim({ worker, kinds, queues, limit: most, maxBytes: claimBytes })
`,
    replace: `        mayBeMore = false
        const jobs = yield* store.claim({ worker, kinds, queues, limit: most, maxBytes: claimBytes })
        const claimSentAt = yield* monotonicMillis
`,
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a job whose claim was answered after its deadline is begun",
    file: attempt,
    find: "if (beatBy <= now()) return this.handBack()",
    replace: "if (beatBy <= now() && beatBy < 0) return this.handBack()",
    killedBy: bySeed(5)
  },
  {
    name: "In a fleet, a handler is told to stop and not interrupted",
    file: attempt,
    find: "yield* Fiber.interruptFork(fiber)\n",
    replace: "yield* Effect.as(Effect.void, fiber)\n",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a worker claims beyond its free slots",
    file: "src/runtime/worker/Slots.ts",
    find: "const places = this.concurrency - this.occupied",
    replace: "const places = this.concurrency",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a worker that is told to end leaves its running jobs alone",
    file: loop,
    find: "yield* Effect.addFinalizer(() => drain(slots, row, settings.shutdownGrace, shutdown))",
    replace: "void drain",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a sweep frees jobs whose lease goes on",
    file: store,
    find:
      "WHERE status = 'running' AND holdfast_jobs.locked_until <= ${now} ${without(\"id\", except)}\n      ORDER BY holdfast_jobs.locked_until",
    replace:
      "WHERE status = 'running' AND holdfast_jobs.locked_until > 0 ${without(\"id\", except)}\n      ORDER BY holdfast_jobs.locked_until",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a stale attempt is no failure",
    file: store,
    find: "failures = failures + 1, last_error = ${message}",
    replace: "last_error = ${message}",
    killedBy: bySeed(2),
    // A job whose workers die each time is run for ever.
    hangs: true
  },
  {
    name: "In a fleet, a stale job that someone cancelled is run again",
    file: store,
    find: "status = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'\n          WHEN failures",
    replace: "cancel_requested_at = NULL, status = CASE WHEN failures",
    also: [{ file: store, find: over, replace: over.replace("cancel_requested_at IS NOT NULL OR ", "") }],
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet, a repeated settle is taken for a lost lease",
    file: store,
    find: "if (settled.length === items.length) return answers(",
    replace: "if (settled.length >= 0) return answers(",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, finished jobs are pruned whatever their age",
    file: store,
    find: "AND finished_at <= ${since}",
    replace: "AND finished_at <= 2 * ${since}",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a write under a lease does not ask which attempt it is",
    file: store,
    find: "AND holdfast_jobs.locked_by = item.worker AND holdfast_jobs.attempts = item.attempt${",
    replace: "AND holdfast_jobs.locked_by = item.worker${",
    killedBy: bySeed(4)
  },
  {
    name: "In a fleet, a job that fails is tried again although someone cancelled it",
    file: store,
    find: "const over = sql`cancel_requested_at IS NOT NULL OR item.retry_after IS NULL",
    replace: "const over = sql`item.retry_after IS NULL",
    also: [
      {
        file: store,
        find: "${settle(\"fail\", status)},",
        replace: "${settle(\"fail\", status)}, cancel_requested_at = NULL,"
      },
      {
        file: store,
        find: "sql`CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' WHEN ${over}",
        replace: "sql`CASE WHEN ${over}"
      }
    ],
    killedBy: bySeed(11)
  },
  {
    name: "In a fleet, a job that is handed back the first time runs again although someone cancelled it",
    file: store,
    find: "${settle(\"release\", sql`CASE WHEN cancel_requested_at IS NULL THEN 'pending' ELSE 'cancelled' END`)},\n" +
      "          finished_at = CASE WHEN cancel_requested_at IS NULL THEN NULL ELSE ${now} END,",
    replace: "cancel_requested_at = CASE WHEN attempts > 1 THEN cancel_requested_at END,\n" +
      "          ${settle(\"release\"," +
      " sql`CASE WHEN cancel_requested_at IS NULL OR attempts = 1 THEN 'pending' ELSE 'cancelled' END`)},\n" +
      "          finished_at = CASE WHEN cancel_requested_at IS NULL OR attempts = 1 THEN NULL ELSE ${now} END,",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a claim forgets the settle before it",
    file: store,
    find: "attempts = attempts + 1, updated_at = ${now},",
    replace:
      "attempts = attempts + 1, settled_attempt = NULL, settled_by = NULL, settled_as = NULL, settled_to = NULL," +
      " updated_at = ${now},",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a lease whose deadline has passed is extended all the same",
    file: heartbeat,
    find: "this.heart?.unsafeInterruptAsFork(FiberId.none)\n      this.options.fork",
    replace: "this.options.fork",
    also: [{ file: heartbeat, find: "if (this.deadline <= sentAt) return gone", replace: "" }],
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a worker with running jobs looks for more without a pause",
    file: loop,
    find: "if (!Duration.equals(wait, Duration.zero)) {",
    replace: "if (!Duration.equals(wait, Duration.zero) && slots.size === 0) {",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a transaction that is interrupted is left open",
    file: "src/store/sqlite/transaction/immediateTransaction.ts",
    find: "Effect.zipRight(level.transaction.undo(level), note(span, \"rollback\"))",
    replace: "Effect.interruptible(level.transaction.undo(level))",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a job that failed is tried again with another payload",
    file: store,
    find: "failures = failures + 1, last_error = item.error,",
    replace: "payload = json_set(payload, '$.takes', 1), failures = failures + 1, last_error = item.error,",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, what comes of a job is not kept",
    file: store,
    find: "result = ${jsonOf(\"item.result\")},",
    replace: "result = 'null',",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, an extension forgets the progress",
    file: store,
    find: "locked_at = ${now}, locked_until = ${later(now, \"item.lease_for\")}, updated_at = ${now}",
    replace:
      "locked_at = ${now}, locked_until = ${later(now, \"item.lease_for\")}, updated_at = ${now}, progress = NULL",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a claim that the database refuses says that nothing is due",
    file: store,
    find: "interruptibleUntilRun(\"claim\", operations.claim(request))",
    replace:
      "Effect.catchTag(interruptibleUntilRun(\"claim\", operations.claim(request)), \"StoreError\", () => Effect.succeed([]))",
    killedBy: bySeed(4)
  },
  {
    name: "In a fleet, the next due job is the last of those that wait",
    file: store,
    find: "SELECT min((",
    replace: "SELECT max((",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a list begins with the oldest job",
    file: "src/store/statements/list.ts",
    find: "${bytes} ${rows} ORDER BY id DESC ${atMost(limit + 1)}",
    replace: "${bytes} ${rows} ORDER BY id ${atMost(limit + 1)}",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet, an enqueue is told of a job of another kind that has its key",
    file: store,
    find: "WHERE j.kind = item.kind AND j.unique_key = item.unique_key",
    replace: "WHERE j.unique_key = item.unique_key",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a read ignores its partition",
    file: store,
    find: "WHERE id = ${id} AND ${visible(partitionKey)}`",
    replace: "WHERE id = ${id} AND ${visible(partitionKey && undefined)}`",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a list ignores its partition",
    file: "src/store/statements/filter.ts",
    find: "equals(\"partition_key\", partitionKey, \"by_partition\")",
    replace: "equals(\"partition_key\", partitionKey === \"\" ? partitionKey : undefined, \"by_partition\")",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a cancel ignores its partition",
    file: store,
    find: "AND ${visible(partitionKey)} AND status IN ('pending', 'running')",
    replace: "AND status IN ('pending', 'running')",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a retry is refused as long as any job has a key",
    file: store,
    find: "other.kind = holdfast_jobs.kind AND other.unique_key = holdfast_jobs.unique_key\n" +
      "          AND COALESCE(other.partition_key, '') = COALESCE(holdfast_jobs.partition_key, '')" +
      " AND other.holds_key = 1",
    replace: "holdfast_jobs.unique_key IS NOT NULL AND other.holds_key = 1",
    killedBy: bySeed(46)
  },
  {
    name: "In a fleet, a heartbeat ends at the first beat that fails",
    file: heartbeat,
    find: "Effect.zipRight(Effect.sleep(mayTake)),\n            Effect.zipRight(this.beat(pace))",
    replace: "Effect.zipRight(gone)",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet, progress is written in a way that the table refuses",
    file: store,
    find: "SET progress = ${jsonOf(\"item.progress\")}, updated_at = ${now}",
    replace: "SET progress = ${jsonOf(\"item.progress\")}, updated_at = ${now} + NULL",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a handler times out after half its time",
    file: attempt,
    find: "StopReason.TimedOut({ after })), after)",
    replace: "StopReason.TimedOut({ after })), Duration.times(after, 1 / 2))",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a list shows jobs of every status",
    file: "src/store/statements/filter.ts",
    find: "statuses.length === 1 ? statuses.map(hasStatus)",
    replace: "statuses.length === 1 && statuses[0] === \"waiting\" ? statuses.map(hasStatus)",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a beat that is not answered holds up the next",
    file: heartbeat,
    find: "callStore(\"extend\", Math.max(0, left),",
    replace: "callStore(\"extend\", left + Infinity,",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a claim gives its worker another payload",
    file: store,
    find: "RETURNING id, kind, queue, ${jsonText(\"payload\")} AS payload, priority,",
    replace: "RETURNING id, kind, queue, json_set(${jsonText(\"payload\")}, '$.takes', 1) AS payload, priority,",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a job remembers only its last two failures",
    file: "src/store/dialect.ts",
    find: "WHEN json_array_length(errors) < 10 THEN",
    replace: "WHEN json_array_length(errors) < 2 THEN",
    killedBy: bySeed(2)
  },
  {
    name: "In a fleet, a worker that has to end hands no job back",
    file: "src/domain/Outcome.ts",
    find: `if (reason === "LeaseLost" || reason === "DeadlinePassed") return Outcome.Abandon({ reason })`,
    replace: `if (reason === "LeaseLost" || reason === "DeadlinePassed") return Outcome.Abandon({ reason })
    if (reason === "Shutdown") return Outcome.Abandon({ reason: "LeaseLost" })`,
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a settle goes on after the grace is over",
    file: attempt,
    find: "const lastWait = 4_000",
    replace: "const lastWait = 600_000",
    killedBy: bySeed(64)
  },
  {
    name: "In a fleet, a worker dies when the store fails",
    file: loop,
    find: `: Effect.as(log.storeUnavailable("claim", error), settings.pollInterval)`,
    replace: `: Effect.zipRight(log.storeUnavailable("claim", error), Effect.die(error))`,
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, no finished job can be pruned",
    file: store,
    find: "if (jobs.length === 0) return { deleted: 0, refused: 0 }",
    replace: `if (jobs.length === 0) return { deleted: 0, refused: 0 }
      if (limit > 0) return yield* new StoreError({ operation: "prune", cause: new Error("no") })`,
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, the heartbeat ends before the job is settled",
    file: attempt,
    find: "slot.leave()\n    const outcome",
    replace: "slot.leave()\n    this.fibers.fork(this.lease.letGo)\n    const outcome",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a repeated settle is told of another end",
    file: store,
    find: "return answers(items, [...before.map((row) => ({ ...row, isRepeat: true })), ...settled], answered)",
    replace:
      "return answers(items, [...before.map((row) => ({ ...row, isRepeat: true, status: \"cancelled\" as const })), ...settled], answered)",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, every extension says that the job is to be cancelled",
    file: store,
    find: "cancelRequested: cancel_requested === 1",
    replace: "cancelRequested: cancel_requested <= 1",
    killedBy: bySeed(2),
    // A job that is handed back at each beat is run for ever.
    hangs: true
  },
  {
    name: "In a fleet, a handler whose job is cancelled elsewhere is not told",
    file: heartbeat,
    find: "return cancelRequested ? Effect.zipRight(stop(StopReason.Cancelled()), told) : told",
    replace: "return cancelRequested ? told : told",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a handler may run for twice its timeout",
    file: attempt,
    find: "StopReason.TimedOut({ after })), after)",
    replace: "StopReason.TimedOut({ after })), Duration.times(after, 2))",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a stale job waits before it may run again",
    file: store,
    find:
      "available_at = CASE WHEN ${over} THEN available_at ELSE ${dueAgain} END,\n        failures = failures + 1, last_error = ${message}",
    replace:
      "available_at = CASE WHEN ${over} THEN available_at ELSE ${dueAgain} + 1 END,\n        failures = failures + 1, last_error = ${message}",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a job is finished before it ends",
    file: store,
    find: "result = ${jsonOf(\"item.result\")}, finished_at = ${now},",
    replace: "result = ${jsonOf(\"item.result\")}, finished_at = ${now} - 1,",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a claim is answered in no order",
    file: store,
    find: "claimed.toSorted(inClaimOrder)",
    replace: "claimed.toSorted((a, b) => -inClaimOrder(a, b))",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, the first beat waits for an interval however late its claim was answered",
    file: heartbeat,
    find: "this.start(claimSentAt + Duration.toMillis(interval), era)",
    replace: "this.start(Math.max(claimSentAt, this.options.now() + Duration.toMillis(interval)), era)",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a worker frees what one look saw",
    file: sweep,
    find: "return seen !== undefined && isSame(seen.lease, lease)\n        && lookedAt",
    replace: "return seen === undefined || isSame(seen.lease, lease)\n        || lookedAt",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a worker's two looks at a lease are not apart",
    file: "src/runtime/maintenance/maintenance.ts",
    find: "look(store, suspects, heartbeatInterval)",
    replace: "look(store, suspects, Duration.times(heartbeatInterval, 1 / 2))",
    also: [{
      file: "src/runtime/maintenance/maintenance.ts",
      find: "nextLookAt(suspects, heartbeatInterval, now)",
      replace: "nextLookAt(suspects, Duration.times(heartbeatInterval, 1 / 2), now)"
    }],
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a look does not see that a lease was extended since the last",
    file: sweep,
    find: " && a.lockedUntil === b.lockedUntil",
    replace: "",
    killedBy: bySeed(4)
  },
  {
    name: "In a fleet, a look at stale leases leaves out the first",
    file: store,
    find: "ORDER BY locked_until, id ${atMost(limit)}`)",
    replace: "ORDER BY locked_until, id ${atMost(limit)} OFFSET 1`)",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a drain leaves leases as they are",
    file: "src/runtime/worker/drain.ts",
    find: "yield* slots.drain\n",
    replace: "\n",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a drain lease is extended as rarely as any",
    file: heartbeat,
    find: "interval: Duration.min(interval, Duration.seconds(5)),",
    replace: "interval,",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, the answer to a beat that was sent before a drain moves its deadline",
    file: heartbeat,
    find: "yield* this.stopBeating\n      // First this",
    replace: "this.callOff()\n      // First this",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a second signal does nothing",
    file: "src/runtime/worker/ProcessEnd.ts",
    find: "endGrace: tellAll(\"began\", \"graceOver\")",
    replace: "endGrace: tellAll(\"began\")",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a worker waits for ever for what does not stop",
    file: "src/runtime/worker/drain.ts",
    find: "const endsAfterGrace = Duration.seconds(10)",
    replace: "const endsAfterGrace = Duration.infinity",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a process that crashes leaves its leases as they are",
    file: "src/runtime/worker/cutLeases.ts",
    find: "runNow(runtime, store.extend(items))",
    replace: "if (items.length < 0) runNow(runtime, store.extend(items))",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a process that crashes holds its leases for half a minute",
    file: heartbeat,
    find: "const crashLease = 5_000",
    replace: "const crashLease = 30_000",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a process that crashes hands its jobs back",
    file: "src/runtime/worker/cutLeases.ts",
    find: "runNow(runtime, store.extend(items))",
    replace: "runNow(runtime, store.release(items.map(({ lease }) => ({ lease, delay: 0 }))))",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a worker goes on looking for jobs in tables that a newer release has migrated",
    file: loop,
    find: "isLasting(error)\n          ? Effect.fail(error)\n          : Effect.as(log.storeUnavailable(",
    replace:
      "isLasting(error) && error.reason !== \"newerSchema\"\n          ? Effect.fail(error)\n          : Effect.as(log.storeUnavailable(",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet, jobs are claimed from tables that a newer release has migrated",
    file: store,
    find: "AND ${unindexed(\"holdfast_jobs.status\")} = 'pending' AND ${isOurs}\n      RETURNING id, kind",
    replace: "AND ${unindexed(\"holdfast_jobs.status\")} = 'pending'\n      RETURNING id, kind",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet, a worker is not told that a newer release has migrated the tables until a job is due",
    file: store,
    find: "${millis(\"(SELECT at FROM next)\")} AS at WHERE ${isOurs}",
    replace: "(SELECT at FROM next) AS at",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet, a worker that ended because a newer release has migrated the tables is started again",
    file: "src/runtime/worker/keepRunning.ts",
    find: "const lasting = Option.filter(Cause.failureOption(exit.cause), isLasting)",
    replace:
      "const lasting = Option.filter(Option.filter(Cause.failureOption(exit.cause), isLasting), (error) => error.reason !== \"newerSchema\")",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet, tables that a newer release has migrated are opened",
    file: "src/store/sqlite/migrations/migrate.ts",
    find: "if (version !== newest) return",
    replace: "if (version < newest) return",
    killedBy: bySeed(3)
  }
]
