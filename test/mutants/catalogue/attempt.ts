import type { Mutant } from "../Mutant.ts"

const file = "src/runtime/attempt/settle.ts"
const outcome = "src/domain/Outcome.ts"
const verdict = "src/domain/Verdict.ts"
const settle = ["test/runtime/settle.test.ts"]
const heartbeat = ["test/runtime/heartbeat.test.ts"]
const shutdown = ["test/runtime/shutdown.test.ts"]
const outcomes = ["test/domain/Outcome.test.ts"]

const insteadOfBackoff =
  "Effect.catchAllCause((cause) => Effect.zipRight(log.backoffDied(cause), after(Backoff.defaultBackoff)))"

const wakeUps = "src/runtime/lease/wakeUps.ts"
const byWakeUps = ["test/runtime/wakeUps.test.ts"]

/** From a claimed job to its end: run, decide, settle. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A job whose claim was answered after its deadline is begun",
    file,
    find: "if (beatBy <= now()) return this.handBack()",
    replace: "if (beatBy < 0) return this.handBack()",
    killedBy: heartbeat
  },
  {
    name: "An attempt that dies as it begins counts as held",
    file,
    find: "heldLeases.letGo(job.lease)\n    const free",
    replace: "const free",
    killedBy: ["test/runtime/deadAttempt.test.ts"]
  },
  {
    name: "What dies as it hears that its job is settled takes its group with it",
    file: "src/runtime/attempt/settles.ts",
    find: "exits[index] = Exit.die(thrown)",
    replace: "throw thrown",
    killedBy: ["test/runtime/settles.test.ts"]
  },
  {
    name: "A job whose claim was answered after its deadline is left to go stale",
    file,
    find: "this.settling(Outcome.Release())",
    replace: "this.settling(Outcome.Abandon({ reason: \"DeadlinePassed\" }))",
    killedBy: heartbeat
  },
  {
    name: "A handler is told to stop and not interrupted",
    file,
    find: "yield* Fiber.interruptFork(fiber)\n",
    replace: "\n",
    killedBy: heartbeat,
    hangs: true
  },
  {
    name: "A timeout is not applied",
    file,
    find: "StopReason.TimedOut({ after })), after)",
    replace: "StopReason.TimedOut({ after })), Duration.infinity)",
    killedBy: settle
  },
  {
    name: "A payload that does not decode fails its job at once",
    file,
    find: "final: job.payload === undefined,",
    replace: "final: true,",
    killedBy: settle
  },
  {
    name: "A handler that is built with a resource has no scope for it",
    file: "src/domain/Job.ts",
    find: "Layer.fresh(Layer.scoped(",
    replace: "Layer.fresh(Layer.effect(",
    killedBy: ["test/runtime/builtHandler.test.ts"]
  },
  {
    name: "A payload that is not JSON is tried again",
    file,
    find: "final: job.payload === undefined,",
    replace: "final: false,",
    killedBy: ["test/runtime/foreignRows.test.ts"]
  },
  {
    name: "A payload that does not decode comes back by its job's backoff",
    file,
    find: "retryAfter: Backoff.undecodedDelay(job.lease.failures + 1)",
    replace: "",
    killedBy: settle
  },
  {
    name: "A payload that does not decode comes back after a minute each time",
    file,
    find: "Backoff.undecodedDelay(job.lease.failures + 1)",
    replace: "Backoff.undecodedDelay(1)",
    killedBy: settle
  },
  {
    name: "A result that does not encode is tried again",
    file,
    find: "writeOnce(attempt, refused, Option.none(), began)",
    replace: "writeOnce(attempt, refused, Option.some(Duration.zero))",
    killedBy: settle
  },
  {
    name: "A handler's finalizers have not run when its end is judged",
    file,
    find: "? Effect.tapErrorCause(Scope.close(scope, exit), () => logsNoError)",
    replace: "? Effect.void",
    killedBy: settle
  },
  {
    name: "The whole error of a handler is logged",
    file,
    find: ": Effect.zipRight(logsNoError, Scope.close(scope, exit))",
    replace: ": Scope.close(scope, exit)",
    killedBy: ["test/runtime/telemetry.test.ts"]
  },
  {
    name: "The errors of fibers that a handler forks are logged nowhere",
    file: "src/runtime/worker/makeHost.ts",
    find: "const handlersRuntime = interruptibly(yield* Effect.runtime())",
    replace:
      "const handlersRuntime = interruptibly(yield* Effect.withUnhandledErrorLogLevel(Effect.runtime(), Option.none()))",
    killedBy: ["test/runtime/telemetry.test.ts"]
  },
  {
    name: "The whole error of a handler's finalizer is logged",
    file,
    find: "Effect.tapErrorCause(Scope.close(scope, exit), () => logsNoError)",
    replace: "Scope.close(scope, exit)",
    killedBy: ["test/runtime/telemetry.test.ts"]
  },
  {
    name: "A settle that the store refuses counts as done",
    file,
    find: "(stall) => events.publish(JobEvent.LeaseLost({ reason, stall, ...facts }))",
    replace: "() => events.publish(JobEvent.Retried(facts))",
    killedBy: heartbeat
  },
  {
    name: "A settle that failed is not tried again",
    file,
    find: `Effect.retry(Effect.map(writeOr(unknown), asOwn), {
          schedule: untilLeaseIsOver(leaseFor),
          while: isRepeated
        })`,
    replace: "Effect.map(writeOr(unknown), asOwn)",
    killedBy: settle
  },
  {
    name: "A settle that may have been written is told as a lease that was lost",
    file,
    find: "Effect.retry(Effect.map(writeOr(unknown), asOwn)",
    replace: "Effect.retry(Effect.map(writeOr(lost), asOwn)",
    killedBy: settle
  },
  {
    name: "A settle that was never answered is counted nowhere",
    file: "src/runtime/telemetry/countEvents.ts",
    find: "return updateNow(fiber, labelled(metrics.outcomesUnknown, { kind: event.kind }), 1)",
    replace:
      "return event.error._tag === \"Some\" ? undefined : updateNow(fiber, labelled(metrics.outcomesUnknown, { kind: event.kind }), 1)",
    killedBy: settle
  },
  {
    name: "A settle that the driver throws in kills its attempt",
    file,
    find: `callStore("settle", Math.max(1000, shortestLease / 8), () => write(items), attemptsEnd).pipe(`,
    replace:
      "write(items).pipe(Effect.disconnect, Effect.timeout(Math.max(1000, shortestLease / 8)), Effect.raceFirst(attemptsEnd),",
    killedBy: settle
  },
  {
    name: "A settle that is never answered is waited for",
    file,
    find: `callStore("settle", Math.max(1000, shortestLease / 8),`,
    replace: `callStore("settle", Infinity,`,
    killedBy: settle
  },
  {
    name: "A settle that cannot be interrupted is waited for",
    file,
    find: `callStore("settle", Math.max(1000, shortestLease / 8), () => write(items), attemptsEnd).pipe(`,
    replace: "write(items).pipe(Effect.timeout(Math.max(1000, shortestLease / 8)), Effect.raceFirst(attemptsEnd),",
    killedBy: settle
  },
  {
    name: "A settle is tried for ever",
    file,
    find: "Schedule.jittered,\n    Schedule.intersect(recurUpTo(leaseFor))",
    replace: "Schedule.jittered",
    killedBy: settle
  },
  {
    name: "A settle is tried for a lease by the wall clock",
    file,
    find: "Schedule.intersect(recurUpTo(leaseFor))",
    replace: "Schedule.upTo(leaseFor)",
    killedBy: settle
  },
  {
    name: "A snooze is settled as a failure",
    file,
    find: "settles.release({ lease, delay }, began)",
    replace: `settles.fail({ lease, error: "snoozed", retryAfter: delay }, began)`,
    killedBy: settle
  },
  {
    name: "A snooze of NaN is one of nothing, again and again without a pause",
    file: verdict,
    find: "checkOption(\"snooze\", FiniteSpan, delay)",
    replace: "Either.right(Duration.decode(delay))",
    also: [{
      file: verdict,
      find: "import type { Duration } from \"effect\"",
      replace: "import { Duration } from \"effect\""
    }],
    killedBy: ["test/domain/refusedValues.test.ts"]
  },
  {
    name: "A job handed back at shutdown is settled as a failure",
    file,
    find: "settles.release({ lease, delay: 0 }, began)",
    replace: `settles.fail({ lease, error: "shutdown", retryAfter: 0 }, began)`,
    killedBy: shutdown
  },
  {
    name: "A failure that says never again is tried again",
    file,
    find: `outcome._tag === "Fail" && !outcome.final ? outcome.retryAfter`,
    replace: `outcome._tag === "Fail" ? outcome.retryAfter`,
    killedBy: settle
  },
  {
    name: "A worker's backoff counts attempts, snoozes and shutdowns included",
    file,
    find: "delayAfter(handler.job.backoff, job.lease.failures + 1)",
    replace: "delayAfter(handler.job.backoff, job.lease.attempt)",
    killedBy: ["test/runtime/backoffAfterSnooze.test.ts"]
  },
  {
    name: "A worker's backoff is one failure behind",
    file,
    find: "delayAfter(handler.job.backoff, job.lease.failures + 1)",
    replace: "delayAfter(handler.job.backoff, Math.max(1, job.lease.failures))",
    killedBy: settle
  },
  {
    name: "A backoff that throws leaves its job unsettled",
    file,
    find: insteadOfBackoff,
    replace: "Effect.orDie",
    killedBy: settle
  },
  {
    name: "A backoff that interrupts itself leaves its job unsettled",
    file,
    find: insteadOfBackoff,
    replace: `Effect.catchSomeCause((cause) =>
      cause._tag === "Interrupt"
        ? Option.none()
        : Option.some(Effect.zipRight(log.backoffDied(cause), after(Backoff.defaultBackoff)))
    )`,
    killedBy: settle
  },
  {
    name: "A backoff that hangs leaves its job unsettled",
    file,
    find: "Effect.disconnect,\n    Effect.timeout(longestThought),",
    replace: "",
    killedBy: settle
  },
  {
    name: "A backoff that cannot be interrupted is waited for",
    file,
    find: "Effect.disconnect,\n    Effect.timeout(longestThought),",
    replace: "Effect.timeout(longestThought),",
    killedBy: settle
  },
  {
    name: "A backoff is asked anew each time its failure is written",
    file,
    find: "Effect.tapError(writeOnce(attempt, outcome, delay, began), tellFailure)",
    replace:
      "Effect.tapError(Effect.flatMap(retryDelay(attempt, outcome), (delay) => writeOnce(attempt, outcome, delay, began)), tellFailure)",
    killedBy: settle
  },
  {
    name: "A worker that has to end waits for its store as long as ever",
    file,
    find: "() => write(items), attemptsEnd)",
    replace: "() => write(items))",
    killedBy: shutdown,
    hangs: true
  },
  {
    name: "A worker that has to end does not wait for its store at all",
    file,
    find: "yield* Effect.sleep(Math.max(0, Math.max(graceOverAt, since) + lastWait - now))",
    replace: "void since",
    killedBy: shutdown
  },
  {
    name: "Progress under a lost lease is taken for written",
    file,
    find: "yield* yield* only(store.progress([{ lease: job.lease, progress }]))",
    replace: "yield* only(store.progress([{ lease: job.lease, progress }]))",
    killedBy: heartbeat
  },
  {
    name: "A handler whose lease is lost settles its job",
    file: outcome,
    find: `if (reason === "LeaseLost" || reason === "DeadlinePassed") return`,
    replace: `if (reason === "DeadlinePassed") return`,
    killedBy: outcomes
  },
  {
    name: "A handler that came to its deadline settles its job",
    file: outcome,
    find: `if (reason === "LeaseLost" || reason === "DeadlinePassed") return Outcome.Abandon({ reason })`,
    replace: `if (reason === "LeaseLost") return Outcome.Abandon({ reason })`,
    killedBy: heartbeat
  },
  {
    name: "A handler that interrupts itself counts as one that was told to stop",
    file: outcome,
    find: "if (Option.isSome(stopped) && Cause.isInterrupted(exit.cause)) {\n    return stopped.value._tag",
    replace: "if (Cause.isInterrupted(exit.cause)) {\n    return Option.getOrUndefined(stopped)?._tag",
    also: [{
      file: outcome,
      find: "Duration.format(stopped.value.after)",
      replace: `Option.isSome(stopped) && stopped.value._tag === "TimedOut" ? Duration.format(stopped.value.after) : ""`
    }],
    killedBy: outcomes
  },
  {
    name: "A handler that was timed out is handed back",
    file: outcome,
    find: `return stopped.value._tag === "TimedOut"`,
    replace: `return stopped.value._tag === "TimedOut" && stopped.value._tag !== "TimedOut"`,
    killedBy: outcomes
  },
  {
    name: "A handler that was told to stop and succeeded all the same is handed back",
    file: outcome,
    find: "if (Exit.isSuccess(exit)) return",
    replace: "if (Exit.isSuccess(exit) && Option.isNone(stopped)) return",
    also: [{
      file: outcome,
      find: "if (Option.isSome(stopped) && Cause.isInterrupted(exit.cause)) {",
      replace:
        "if (Exit.isSuccess(exit)) return Outcome.Release()\n  if (Option.isSome(stopped) && Cause.isInterrupted(exit.cause)) {"
    }],
    killedBy: outcomes
  },
  {
    name: "A snooze hides that a finalizer died",
    file: outcome,
    find: "Cause.isDie(exit.cause) ? undefined : Option",
    replace: "Option",
    killedBy: [...settle, "test/runtime/errorValue.test.ts"]
  },
  {
    name: "Never again is tried again",
    file: outcome,
    find: "name: errorName(failure.reason),\n      final: true",
    replace: "name: errorName(failure.reason),\n      final: false",
    killedBy: outcomes
  },
  {
    name: "A handler that has ended can still be told to stop",
    file: "src/runtime/attempt/runAttempt.ts",
    find: "listenNoMore()\n      for (",
    replace: "void listenNoMore\n      for (",
    killedBy: ["test/runtime/cancel.test.ts"]
  },
  {
    name: "The latch of what wakes earlier is closed after the look",
    file: wakeUps,
    find: "yield* earlier.close\n        const first = Option.getOrUndefined(SortedMap.headOption(waiting))",
    replace: "const first = Option.getOrUndefined(SortedMap.headOption(waiting))\n        yield* earlier.close",
    killedBy: byWakeUps
  },
  {
    name: "What is to be woken before the next waits for that",
    file: wakeUps,
    find: "if (at < sleepsUntil || sleepsUntil <= now()) earlier.unsafeOpen()",
    replace: "if (sleepsUntil === Infinity || sleepsUntil <= now()) earlier.unsafeOpen()",
    killedBy: byWakeUps
  },
  {
    name: "What is to be woken now waits for a timer that was set late",
    file: wakeUps,
    find: "if (at < sleepsUntil || sleepsUntil <= now()) earlier.unsafeOpen()",
    replace: "if (at < sleepsUntil) earlier.unsafeOpen()",
    killedBy: byWakeUps
  },
  {
    name: "What was called off is woken",
    file: wakeUps,
    find: "if (together.delete(one) && together.size === 0) forget(at, together)",
    replace: "",
    killedBy: byWakeUps
  },
  {
    name: "All that is due at one instant is woken in one turn of the event loop",
    file: wakeUps,
    find: "if (++woken % few === 0) yield* turn",
    replace: "if (++woken < 0) yield* turn",
    killedBy: byWakeUps
  },
  {
    name: "Those who wait for an instant that is being woken for are forgotten with it",
    file: wakeUps,
    find: "if (Option.getOrUndefined(SortedMap.get(waiting, at)) !== those) return",
    replace: "void those",
    killedBy: byWakeUps
  },
  {
    name: "Fifty of each millisecond are woken in one turn of the event loop",
    file: wakeUps,
    find: "let woken = 0\n      while (true) {",
    replace: "while (true) {\n        let woken = 0",
    killedBy: byWakeUps
  },
  {
    name: "A wake-up that throws is the last one",
    file: wakeUps,
    find:
      "yield* line(LogLevel.Error, \"A wake-up threw; the lease that it was for may run out\", {}, Cause.die(thrown))",
    replace: "yield* Effect.die(thrown)",
    killedBy: byWakeUps
  },
  {
    name: "What is to be woken once the worker has ended never is",
    file: wakeUps,
    find: "if (isOver) return afterTheEnd(instant, wake)",
    replace: "",
    killedBy: byWakeUps
  },
  {
    name: "A timer is set as far ahead as the next instant",
    file: wakeUps,
    find: "Duration.min(Duration.millis(Math.max(0, at - now())), longest)",
    replace: "Duration.millis(Math.max(0, at - now()))",
    killedBy: byWakeUps
  },
  {
    name: "A handler may block the process between the look at the clock and the timer that all wake-ups wait for",
    file: wakeUps,
    find: "RuntimeFlagsPatch.disable(RuntimeFlags.CooperativeYielding)",
    replace: "RuntimeFlagsPatch.enable(RuntimeFlags.CooperativeYielding)",
    killedBy: byWakeUps
  },
  {
    name: "What is to be woken once the worker has ended is woken early",
    file: wakeUps,
    find: "Effect.repeat(sleepUntil(at), { until: () => at <= now() })",
    replace: "sleepUntil(at)",
    killedBy: byWakeUps
  },
  {
    name: "A group of settles has any number of bytes",
    file: "src/runtime/groupCalls.ts",
    find: "|| bytes > mostBytes",
    replace: "|| bytes < 0",
    killedBy: ["test/runtime/groupCalls.test.ts"]
  },
  {
    name: "Only the first of the items that go together is answered",
    file: "src/runtime/groupCalls.ts",
    find: "all[index] ??",
    replace: "(index === 0 ? all[0] : undefined) ??",
    killedBy: ["test/runtime/groupCalls.test.ts"]
  }
]
