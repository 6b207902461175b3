import type { Equivalent, Mutant } from "../Mutant.ts"

const file = "src/runtime/worker/workerLoop.ts"
const claimAhead = ["test/runtime/claimAhead.test.ts"]
const bySlots = ["test/runtime/slots.test.ts"]
const slots = "src/runtime/worker/Slots.ts"
const drain = "src/runtime/worker/drain.ts"
const maintenance = "src/runtime/maintenance/maintenance.ts"
const worker = ["test/runtime/worker.test.ts"]
const shutdown = ["test/runtime/shutdown.test.ts"]
const bounded = ["test/runtime/boundedEnd.test.ts"]
const byMaintenance = ["test/runtime/maintenance.test.ts"]
const restart = ["test/runtime/restart.test.ts"]

/** When a worker claims, for which slots, what it survives, and how it ends. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A worker goes on looking for jobs after its store has failed for good",
    file: "src/runtime/worker/workerLoop.ts",
    find: "isLasting(error) ? Effect.fail(error) : ",
    replace: "",
    killedBy: restart,
    hangs: true
  },
  {
    name: "A worker whose store failed for good is started again",
    file: "src/runtime/worker/keepRunning.ts",
    find: "if (Option.isSome(lasting)) {",
    replace: "if (Option.isSome(lasting) && Duration.lessThan(pause, shortestPause)) {",
    killedBy: restart
  },
  {
    name: "A worker that died is not started again",
    file: "src/runtime/worker/keepRunning.ts",
    find: "yield* Effect.sleep(pause)",
    replace: "return",
    killedBy: restart
  },
  {
    name: "A worker that dies again and again is started again every second",
    file: "src/runtime/worker/keepRunning.ts",
    find: "pause = Duration.min(Duration.times(pause, 2), longestPause)",
    replace: "",
    killedBy: restart
  },
  {
    name: "A worker that was well is paused for as long as one that died at once",
    file: "src/runtime/worker/keepRunning.ts",
    find: "if ((yield* monotonicMillis) - startedAt >= Duration.toMillis(wellAfter)) pause = shortestPause",
    replace: "",
    killedBy: restart
  },
  {
    name: "A worker's loggers may throw into it",
    file: "src/runtime/Worker.ts",
    find: "return guardTelemetry(worker)",
    replace: "return worker",
    killedBy: ["test/runtime/brokenTelemetry.test.ts"],
    hangs: true
  },
  {
    name: "A guarded set of loggers is taken for the one it guards",
    file: "src/store/guardTelemetry.ts",
    find: "[Hash.symbol]: { value: () => hash }",
    replace: "",
    killedBy: ["test/runtime/brokenTelemetry.test.ts"]
  },
  {
    name: "A worker waits for ever to be told what is due",
    file: "src/runtime/worker/workerLoop.ts",
    find: "callStore(\"nextDue\", lookMayTake,",
    replace: "callStore(\"nextDue\", Duration.infinity,",
    killedBy: ["test/runtime/worker.test.ts"]
  },
  {
    name: "A worker that is told to end waits to be told what is due",
    file: "src/runtime/worker/workerLoop.ts",
    find: "callStore(\"nextDue\", lookMayTake, () => store.nextDue({ kinds, queues }))",
    replace: "Effect.timeout(store.nextDue({ kinds, queues }), lookMayTake)",
    killedBy: ["test/runtime/shutdown.test.ts"]
  },
  {
    name: "A worker claims beyond its free slots",
    file: slots,
    find: "const places = this.concurrency - this.occupied",
    replace: "const places = this.concurrency",
    killedBy: worker
  },
  {
    name: "A worker claims one more than its free slots",
    file: slots,
    find: "const places = this.concurrency - this.occupied",
    replace: "const places = this.concurrency - this.occupied + 1",
    killedBy: worker
  },
  {
    name: "A worker leaves its last slot empty",
    file: slots,
    find: "const places = this.concurrency - this.occupied",
    replace: "const places = this.concurrency - this.occupied - 1",
    killedBy: worker
  },
  {
    name: "A worker does not count what it runs from a queue",
    file: slots,
    find: "Math.min(room, limit - this.runningFrom(queue))",
    replace: "Math.min(room, limit)",
    killedBy: worker
  },
  {
    name: "A worker looks into queues that it has no room for",
    file: slots,
    find: "\n        .filter(({ limit }) => limit > 0))",
    replace: ")",
    killedBy: worker
  },
  {
    name: "A worker looks for jobs though all of its queues are full",
    file: slots,
    find: "return { limit: open ? room : 0, queues }",
    replace: "return { limit: room, queues }",
    killedBy: ["test/runtime/polling.test.ts"]
  },
  {
    name: "The slot of an attempt that died stays taken",
    file: "src/runtime/attempt/beginAttempts.ts",
    find: "placed.slot.free(false)\n",
    replace: "\n",
    killedBy: ["test/runtime/deadAttempt.test.ts"]
  },
  {
    name: "A worker's level does not keep its lines out of the log",
    file: "src/platform/line.ts",
    find: "!LogLevel.lessThan(level, fiber.getFiberRef(lineSettings).least)",
    replace: "!(LogLevel.lessThan(level, fiber.getFiberRef(lineSettings).least) && level._tag === \"None\")",
    killedBy: ["test/runtime/telemetry.test.ts"]
  },
  {
    name: "The text of an error is shown to an app that did not ask for it",
    file: "src/platform/line.ts",
    find: "showErrors ? { message: text() } : {}",
    replace: "showErrors || true ? { message: text() } : {}",
    killedBy: ["test/runtime/telemetry.test.ts"]
  },
  {
    name: "A retry is a child of the span that enqueued its job",
    file: "src/runtime/telemetry/traceContext.ts",
    find: "lease.attempt === 1 && lease.lockedAt",
    replace: "lease.lockedAt",
    killedBy: ["test/runtime/telemetry.test.ts"]
  },
  {
    name: "An attempt that died is not in the log",
    file: slots,
    find: "log.attemptDied(job, cause)",
    replace: "Effect.asVoid(Effect.succeed(cause))",
    killedBy: ["test/runtime/deadAttempt.test.ts"]
  },
  {
    name: "A job that has failed is found again by a poll, and not when it is due",
    file: slots,
    find: "if (mayRunAgain || wasFull) this.onFreed()",
    replace: "if (wasFull) this.onFreed()",
    killedBy: ["test/runtime/polling.test.ts"]
  },
  {
    name: "A job that was claimed ahead begins before there is a place for it",
    file: slots,
    find: "const occupies = this.ahead.most === 0 || this.occupied < this.concurrency",
    replace: "const occupies = this.ahead.most >= 0 || this.occupied < this.concurrency",
    killedBy: claimAhead
  },
  {
    name: "A job waits for a place although none is claimed ahead",
    file: slots,
    find: "const occupies = this.ahead.most === 0 || this.occupied < this.concurrency",
    replace: "const occupies = this.occupied < this.concurrency",
    killedBy: bySlots
  },
  {
    name: "Each job that begins is followed by a claim for one more",
    file: "src/runtime/worker/Ahead.ts",
    find: "this.isStuck || 2 * this.waiting.size > this.most",
    replace: "this.isStuck",
    killedBy: claimAhead
  },
  {
    name: "A job that has waited in vain is claimed again at once",
    file: "src/runtime/worker/Ahead.ts",
    find: "this.isStuck || 2 * this.waiting.size > this.most",
    replace: "2 * this.waiting.size > this.most",
    killedBy: claimAhead
  },
  {
    name: "Nothing is claimed ahead any more once a job has waited in vain",
    file: "src/runtime/worker/Ahead.ts",
    find: "this.isStuck = false\n    const",
    replace: "const",
    killedBy: claimAhead
  },
  {
    name: "Jobs that were claimed ahead begin although those before them cannot be settled",
    file: slots,
    find: "const next = this.occupied < this.concurrency ? this.ahead.next() : undefined",
    replace: "const next = this.ahead.next()",
    killedBy: claimAhead
  },
  {
    name: "A job that was claimed ahead and came back takes a second place",
    file: slots,
    find: "this.ahead.giveUp(one)\n        one.occupies = true",
    replace: "one.occupies = true",
    killedBy: bySlots
  },
  {
    name: "A job that was told to stop in its turn begins all the same",
    file: slots,
    find: "one.begin = () => {}\n",
    replace: "\n",
    killedBy: bySlots
  },
  {
    name: "Jobs that were claimed ahead are settled one by one",
    file: "src/runtime/worker/makeHost.ts",
    find: "gathering: claimAhead > 0 ? turn : Effect.void",
    replace: "gathering: claimAhead < 0 ? turn : Effect.void",
    killedBy: claimAhead
  },
  {
    name: "A job whose turn comes when its worker has begun to drain begins",
    file: slots,
    find: "if (this.isDraining) next.stopRequest.tellNow(StopReason.Shutdown()) else next.begin()",
    replace: "next.begin()",
    killedBy: bySlots
  },
  {
    name: "Jobs that were claimed ahead do not count among those of their queue",
    file: slots,
    find: "(one.occupies || this.ahead.has(one)) && one.job.queue === queue",
    replace: "one.occupies && one.job.queue === queue",
    killedBy: claimAhead
  },
  {
    name: "A worker that is told to end keeps what it has claimed ahead until a place is free",
    file: slots,
    find: "for (const { stopRequest } of this.ahead.jobs) stopRequest.tellNow(StopReason.Shutdown())",
    replace: "",
    killedBy: claimAhead
  },
  {
    name: "A job that ended as it waited for a place begins all the same",
    file: "src/runtime/attempt/waitForPlace.ts",
    find: "stopWaiting()\n    stopped(reason)",
    replace: "void stopWaiting\n    stopped(reason)",
    killedBy: claimAhead
  },
  {
    name: "A job waits for a place for as long as its lease can be kept",
    file: "src/runtime/attempt/waitForPlace.ts",
    find: "() => stopRequest.tellNow(StopReason.Shutdown())",
    replace: "() => void stopRequest",
    killedBy: claimAhead
  },
  {
    name: "Jobs that were claimed ahead all begin in one turn of the event loop",
    file,
    find: "if (overdue()) runFork",
    replace: "if (overdue() && kinds.length < 0) runFork",
    killedBy: claimAhead
  },
  {
    name: "A slot that becomes free wakes nobody",
    file: slots,
    find: "if (this.unused > 0) this.onFreed()",
    replace: "",
    killedBy: worker
  },
  {
    name: "A cancel stops every job of the worker",
    file: slots,
    find: "({ job }) => job.lease.jobId === id",
    replace: "({ job }) => job.lease.jobId !== \"\" || id !== \"\"",
    killedBy: ["test/runtime/cancel.test.ts"]
  },
  {
    name: "A worker that is told to end in the middle of a claim leaves claimed jobs without attempts",
    file,
    find: "const take = (isAwaited: () => boolean) =>\n      Effect.uninterruptible(Effect.gen(function*() {",
    replace: "const take = (isAwaited: () => boolean) =>\n      Effect.interruptible(Effect.gen(function*() {",
    killedBy: shutdown
  },
  {
    name: "A worker that is told to end claims once more when the store comes free",
    file: "src/store/SqlJobStore.ts",
    find: `interruptibleUntilRun("claim",`,
    replace: `statement("claim",`,
    killedBy: ["test/runtime/endingBeforeClaim.test.ts"]
  },
  {
    name: "A worker stops polling after a store error",
    file,
    find: `: Effect.as(log.storeUnavailable("claim", error), settings.pollInterval)`,
    replace: ": Effect.die(error)",
    killedBy: worker
  },
  {
    name: "A defect in the store kills the worker's loop",
    file: "src/runtime/callStore.ts",
    find: "Effect.catchAllDefect((cause) => isStoreError(cause) ? cause : new StoreError({ operation, cause }))",
    replace: "",
    killedBy: worker
  },
  {
    name: "An error that has no text kills the loop that tells of it",
    file: "src/domain/errors.ts",
    find: "rootMessage = (cause: unknown): string => readable(() => {",
    replace: "rootMessage = (cause: unknown): string => ((read: () => string) => read())(() => {",
    killedBy: ["test/runtime/unreadableErrors.test.ts"]
  },
  {
    name: "An error that is its own cause is read for ever",
    file: "src/domain/errors.ts",
    find: "depth++ < deepestCause",
    replace: "depth < deepestCause",
    killedBy: ["test/domain/errors.test.ts"]
  },
  {
    name: "A worker asks a store that is away again and again without a pause",
    file,
    find: `Effect.as(log.storeUnavailable("claim", error), settings.pollInterval)`,
    replace: `Effect.as(log.storeUnavailable("claim", error), Duration.zero)`,
    killedBy: worker,
    hangs: true
  },
  {
    name: "A worker hears of no job before its next poll",
    file,
    find: "yield* Duration.isFinite(wait) ? Queue.take(woken).pipe(Effect.timeoutOption(wait)) : Queue.take(woken)",
    replace: "yield* Effect.sleep(Duration.min(wait, settings.pollInterval))",
    killedBy: worker
  },
  {
    name: "A worker looks only when it is woken",
    file,
    find: "Duration.isFinite(wait) ? Queue.take(woken).pipe(Effect.timeoutOption(wait)) : Queue.take(woken)",
    replace: "Queue.take(woken)",
    killedBy: worker
  },
  {
    name: "A delayed job waits for the poll after it is due",
    file,
    find: "if (wait > 0) return Duration.min(Duration.millis(wait), settings.pollInterval)",
    replace: "if (wait > 0) return settings.pollInterval",
    killedBy: worker
  },
  {
    name: "A worker that knows of a later job does not poll before it",
    file,
    find: "if (wait > 0) return Duration.min(Duration.millis(wait), settings.pollInterval)",
    replace: "if (wait > 0) return Duration.millis(wait)",
    killedBy: ["test/runtime/polling.test.ts"]
  },
  {
    name: "A worker whose claim came back empty claims again at once",
    file,
    find: "(yield* timelyClaim) === 0 ? Duration.min(afterLostRace, settings.pollInterval) : Duration.zero",
    replace: "(yield* timelyClaim) === 0 ? Duration.zero : Duration.zero",
    killedBy: worker,
    hangs: true
  },
  {
    name: "A loop of claims starves everything else",
    file,
    find: "yield* turn\n",
    replace: "\n",
    killedBy: worker
  },
  {
    name: "A worker claims as many jobs at once as it may run",
    file,
    find: "settings.once ? Infinity : mostOfAClaim",
    replace: "settings.once ? Infinity : mostOfAClaim * 10",
    killedBy: worker
  },
  {
    name: "A worker claims more in all than it was told",
    file,
    find: "Math.min(limit, yield* Ref.get(claimable), settings.once",
    replace: "Math.min(limit, settings.once",
    killedBy: worker
  },
  {
    name: "A worker that was told to claim once claims until it is stopped",
    file,
    find: "Effect.zipRight(settings.once ? claimOnce : claimLoop),",
    replace: "Effect.zipRight(settings.once && settings.concurrency < 0 ? claimOnce : claimLoop),",
    killedBy: worker,
    hangs: true
  },
  {
    name: "A worker with an end ends before its jobs do",
    file,
    find: "Effect.zipRight(slots.ended),\n        Effect.zipRight(keptHouse),",
    replace: "Effect.zipRight(keptHouse),",
    also: [{ file: drain, find: "if (slots.isBusy) {", replace: "if (slots.size > 1_000_000) {" }],
    killedBy: worker
  },
  {
    name: "A worker that is told to end gives running jobs no grace",
    file: drain,
    find: "endsWithin(Effect.raceFirst(slots.ended, Deferred.await(graceOver)), grace)",
    replace: "endsWithin(Effect.raceFirst(slots.ended, Deferred.await(graceOver)), Duration.zero)",
    killedBy: shutdown
  },
  {
    name: "A worker that is told to end never interrupts its running jobs",
    file: drain,
    find: "yield* slots.stopAll(StopReason.Shutdown())\n",
    replace: "\n",
    killedBy: shutdown
  },
  {
    name: "A worker ends before the jobs that it interrupts are handed back",
    file: drain,
    find: "if (!(yield* endsWithin(slots.ended, endsAfterGrace))) yield* slots.leaveBehind",
    replace: "if (slots.isBusy && Duration.isZero(endsAfterGrace)) yield* slots.leaveBehind",
    killedBy: shutdown
  },
  {
    name: "A worker waits for ever for what does not stop",
    file: drain,
    find: "const endsAfterGrace = Duration.seconds(10)",
    replace: "const endsAfterGrace = Duration.infinity",
    killedBy: bounded
  },
  {
    name: "A worker that has ended keeps the leases of what does not stop",
    file: slots,
    find: "Effect.zipRight(lease?.letGo ?? Effect.void, this.events.publish(JobEvent.LeftBehind(factsOf(job))))",
    replace: "Effect.zipRight(Effect.succeed(lease), this.events.publish(JobEvent.LeftBehind(factsOf(job))))",
    killedBy: bounded
  },
  {
    name: "A worker does not say what it leaves behind",
    file: slots,
    find: "Effect.zipRight(lease?.letGo ?? Effect.void, this.events.publish(JobEvent.LeftBehind(factsOf(job))))",
    replace: "Effect.zipRight(lease?.letGo ?? Effect.void, Effect.succeed(job))",
    killedBy: bounded
  },
  {
    name: "A worker that is told to end waits for ever for the answer to a claim",
    file,
    find: "callStore(\"claim\", within, () => slots.claiming(take(() => isAwaited))).pipe(",
    replace: "slots.claiming(take(() => isAwaited)).pipe(",
    killedBy: bounded,
    hangs: true
  },
  {
    name: "A job that is claimed as its worker is told to end is begun",
    file,
    find: "begins: isAwaited,",
    replace: "begins: () => isAwaited() || most > 0,",
    killedBy: shutdown
  },
  {
    name: "A worker that is told to end does not wait for the answer to a claim",
    file: slots,
    find: "this.claims.add(ended)\n",
    replace: "\n",
    killedBy: shutdown
  },
  {
    name: "A worker waits for ever for the answer to a claim",
    file,
    find: "claim(Math.max(...kinds.map(({ leaseFor }) => leaseFor)))",
    replace: "claim(Duration.infinity)",
    killedBy: bounded
  },
  {
    name: "A worker that is told to end leaves its running jobs alone",
    file,
    find: "yield* Effect.addFinalizer(() => drain(slots, row, settings.shutdownGrace, shutdown))",
    replace: "void drain",
    killedBy: shutdown
  },
  {
    name: "A worker does not hear a cancel in its own process",
    file,
    find: "const cancel = (id: JobId) => slots.cancel(id)",
    replace: "const cancel = (id: JobId) => Effect.when(slots.cancel(id), () => false)",
    killedBy: ["test/runtime/cancel.test.ts"]
  },
  {
    name: "A worker runs a handler that was made from another definition",
    file,
    find: "if (handler.job !== job) {",
    replace: "if (handler.job.kind !== job.kind) {",
    killedBy: ["test/runtime/workerOptions.test.ts"]
  },
  {
    name: "A kind is kept for the longest lease of its worker's",
    file,
    find: "found.set(kind, { handler: { ...handler, services: ownContext(handler.services) }, leaseFor, stallLimit })",
    replace:
      "found.set(kind, { handler: { ...handler, services: ownContext(handler.services) }, leaseFor: Math.max(...[...kinds.values()].map((one) => one.leaseFor)), stallLimit })",
    killedBy: ["test/runtime/leaseOfKind.test.ts"]
  },
  {
    name: "Jobs run in the span that their worker was started in",
    file: "src/runtime/worker/ownContext.ts",
    find: "Context.omit(Tracer.ParentSpan)(withoutTransaction(context) as Context.Context<never>)",
    replace: "(withoutTransaction(context) as Context.Context<never>)",
    killedBy: ["test/runtime/currentJob.test.ts"]
  },
  {
    name: "A kind is claimed for the longest lease of its worker's",
    file,
    find: "const kinds = [...settings.kinds].map(([kind, { leaseFor }]) => ({ kind, leaseFor }))",
    replace:
      "const kinds = [...settings.kinds.keys()].map((kind) => ({ kind, leaseFor: Math.max(...[...settings.kinds.values()].map((one) => one.leaseFor)) }))",
    killedBy: ["test/runtime/leaseOfKind.test.ts"]
  },
  {
    name: "A worker that has ended is still told of jobs",
    file: "src/store/JobSignals.ts",
    find: "() => Effect.sync(() => void listeners.delete(listener))",
    replace: "() => Effect.void",
    killedBy: ["test/store/JobSignals.test.ts"]
  },
  {
    name: "A handler sees the request that woke its worker",
    file: "src/runtime/Worker.ts",
    find: "inOwnAsyncContext(inOwnContext(runWorker(settings, handlers)))",
    replace: "(inOwnAsyncContext, inOwnContext(runWorker(settings, handlers)))",
    killedBy: ["test/runtime/asyncContext.test.ts"]
  },
  {
    name: "Nobody keeps house",
    file,
    find: "const keptHouse = yield* maintain(upkeep)",
    replace: "const keptHouse = Effect.as(Effect.void, maintain)",
    killedBy: byMaintenance
  },
  {
    name: "Finished jobs are pruned once",
    file: maintenance,
    find: "Effect.repeat(Schedule.spaced(interval)),",
    replace: "",
    killedBy: byMaintenance
  },
  {
    name: "Housekeeping ends at the first error",
    file: maintenance,
    find: "Effect.catchAll((error) => Effect.as(log.storeUnavailable(step, error), Option.none()))",
    replace: "Effect.tapError((error) => log.storeUnavailable(step, error)), Effect.orDie",
    killedBy: byMaintenance
  },
  {
    name: "Housekeeping ends when the driver throws",
    file: maintenance,
    find: "callStore(step, stepFor, () => effect).pipe(",
    replace: "effect.pipe(Effect.disconnect, Effect.timeout(stepFor),",
    killedBy: byMaintenance
  },
  {
    name: "Housekeeping waits for a store that never answers",
    file: maintenance,
    find: "callStore(step, stepFor, () => effect).pipe(",
    replace: "effect.pipe(Effect.catchAllDefect(Effect.fail),",
    killedBy: ["test/runtime/unansweredMaintenance.test.ts"]
  },
  {
    name: "Housekeeping frees and prunes one batch at a time",
    file: maintenance,
    find: "if (done < size) return total",
    replace: "if (done <= size) return total",
    killedBy: byMaintenance
  },
  {
    name: "Succeeded jobs are kept as long as failed ones",
    file: "src/runtime/Worker.ts",
    find: `yield* kept("succeeded", "7 days")`,
    replace: `yield* kept("succeeded", "30 days")`,
    killedBy: byMaintenance
  },
  {
    name: "A worker dies between two milliseconds of a TestClock",
    file: "src/platform/monotonic.ts",
    find: "clock.unsafeCurrentTimeNanos()",
    replace: "BigInt(clock.unsafeCurrentTimeMillis() * 1_000_000)",
    killedBy: ["test/runtime/betweenMillis.test.ts"]
  },
  {
    name: "A retention of NaN keeps nothing",
    file: "src/runtime/Worker.ts",
    find: "checkOption(`retention.${status}`, Span, retention?.[status] ?? unlessGiven)",
    replace: "Effect.succeed(Duration.decode(retention?.[status] ?? unlessGiven))",
    killedBy: ["test/runtime/workerOptions.test.ts"]
  },
  {
    name: "A grace of NaN is none",
    file: "src/domain/limits.ts",
    find: "Option.filter(spanOf(given), fits)",
    replace: "Option.filter(Duration.decodeUnknown(given), fits)",
    killedBy: ["test/runtime/workerOptions.test.ts"]
  },
  {
    name: "A heartbeat may be as rare as half the lease",
    file: "src/runtime/Worker.ts",
    find: "Duration.toMillis(heartbeatInterval) * 2 >= Duration.toMillis(leaseFor)",
    replace: "Duration.toMillis(heartbeatInterval) * 2 > Duration.toMillis(leaseFor)",
    killedBy: ["test/runtime/workerOptions.test.ts"]
  }
]

export const equivalents: ReadonlyArray<Equivalent> = [
  {
    name: "The room of a queue may be larger than that of the worker",
    file: slots,
    find: "Math.min(room, limit - this.runningFrom(queue))",
    replace: "limit - this.runningFrom(queue)",
    because: "A claim's own limit is the worker's room, and bounds all queues together."
  }
]
