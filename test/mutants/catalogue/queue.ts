import type { Mutant } from "../Mutant.ts"

const file = "src/runtime/jobQueueClient.ts"
const backoff = "src/domain/Backoff.ts"
const byBackoff = ["test/domain/Backoff.test.ts"]
const enqueue = ["test/runtime/enqueue.test.ts"]
const five = ["test/runtime/fiveOperations.test.ts"]
const observe = ["test/runtime/observe.test.ts"]
const cancel = ["test/runtime/cancel.test.ts"]
const twoDatabases = ["test/runtime/twoDatabases.test.ts"]
const wakeOthers = ["test/store/sqlite/wakeOthers.test.ts"]

/** What the queue checks, tells and answers, and how long a failed job waits. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "The queue of a second database is that of the first",
    file: "src/runtime/JobQueue.ts",
    find: "Layer.fresh(Layer.effect(JobQueue, makeJobQueue))",
    replace: "Layer.effect(JobQueue, makeJobQueue)",
    killedBy: twoDatabases
  },
  {
    name: "Handlers of a second database run with the services of the first",
    file: "src/domain/Job.ts",
    find: "Layer.fresh(Layer.scoped(",
    replace: "Layer.suspend(() => Layer.scoped(",
    killedBy: twoDatabases
  },
  {
    name: "A job is told of to no other store of the process",
    file: "src/store/sqlite/processSignals.ts",
    find: "wake: Effect.zipRight(signals.wake, Effect.suspend(() => tell({}))),",
    replace: "wake: signals.wake,",
    killedBy: ["test/store/sqlite/processSignals.test.ts"]
  },
  {
    name: "A job is told of to the stores of all databases of the process",
    file: "src/store/sqlite/processSignals.ts",
    find: "const identity = inWords(found)",
    replace: "const identity = inWords(undefined)",
    killedBy: ["test/store/sqlite/processSignals.test.ts"]
  },
  {
    name: "A job is told of to no other process",
    file: "src/store/sqlite/wakeOthers.ts",
    find: "wake: Effect.zipRight(signals.wake, touch),",
    replace: "wake: signals.wake,",
    killedBy: wakeOthers,
    hangs: true
  },
  {
    name: "A job that is handed back waits for the next poll",
    file: "src/store/SqlJobStore.ts",
    find: "items.some(({ delay }) => delay === 0) ? afterTransaction(signals.wake) : Effect.void",
    replace: "Effect.void",
    killedBy: ["test/runtime/shutdown.test.ts"]
  },
  {
    name: "A worker looks for jobs whenever its own process has written",
    file: "src/store/sqlite/wakeOthers.ts",
    find: "if (now === seen) return Effect.void",
    replace: "",
    killedBy: wakeOthers
  },
  {
    name: "A watch of the wake file that is interrupted as it begins is never closed",
    file: "src/store/sqlite/wakeOthers.ts",
    find: "let seen: unknown",
    replace: "let seen = yield* Effect.interruptible(commitsOfOthers)",
    killedBy: wakeOthers
  },
  {
    name: "A watch of the wake file that was begun uninterruptibly does not end",
    file: "src/store/sqlite/wakeOthers.ts",
    find: "Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.zipRight(Queue.take(touched), look))))",
    replace: "Effect.forkScoped(Effect.forever(Effect.zipRight(Queue.take(touched), look)))",
    killedBy: wakeOthers,
    hangs: true
  },
  {
    name: "A worker hears of no other process once the wake file was deleted",
    file: "src/store/sqlite/wakeFile.ts",
    find: "if (event === \"rename\") openAgain()",
    replace: "",
    killedBy: wakeOthers,
    hangs: true
  },
  {
    name: "Each of many enqueues touches the wake file",
    file: "src/store/sqlite/wakeOthers.ts",
    find: "void Promise.resolve(now).then(touch)",
    replace: "touch(now)",
    killedBy: wakeOthers
  },
  {
    name: "A wake file is watched through a link that another has put in its place",
    file: "src/store/sqlite/wakeFile.ts",
    find: "if (lstatSync(wakePath(database)).isFile()) return",
    replace: "if (codeOf(error) === \"EEXIST\") return",
    killedBy: wakeOthers
  },
  {
    name: "Only the user that made a wake file can write to it",
    file: "src/store/sqlite/wakeFile.ts",
    find: "fchmodSync(file, mode & 0o666)",
    replace: "",
    killedBy: wakeOthers
  },
  {
    name: "A store that is closed is still told of jobs",
    file: "src/store/sqlite/processSignals.ts",
    find: "() => Effect.sync(() => all.delete(hear) && all.size === 0 && stores.delete(identity))",
    replace: "() => Effect.void",
    killedBy: ["test/store/sqlite/processSignals.test.ts"]
  },
  {
    name: "An enqueue in a transaction wakes no worker",
    file: "src/store/SqlJobStore.ts",
    find: "mayBeDue(answers) ? afterTransaction(signals.wake) : Effect.void",
    replace: "Effect.void",
    killedBy: enqueue
  },
  {
    name: "An enqueue in a transaction wakes workers before the commit",
    file: "src/store/SqlJobStore.ts",
    find: "mayBeDue(answers) ? afterTransaction(signals.wake) : Effect.void",
    replace: "mayBeDue(answers) ? signals.wake : Effect.void",
    killedBy: enqueue
  },
  {
    name: "A retry wakes no worker",
    file,
    find: "() => [JobEvent.Retried({ jobId: id })], () => wake)",
    replace: "() => [JobEvent.Retried({ jobId: id })])",
    killedBy: ["test/runtime/retry.test.ts"]
  },
  {
    name: "A cancel waits for the next heartbeat, also in its own process",
    file,
    find: `stop(status === "running" ? [id] : [])`,
    replace: `stop(status === "waiting" ? [id] : [])`,
    killedBy: cancel
  },
  {
    name: "What follows from a commit is left out where its caller is interrupted after the events",
    file: "src/store/thenTell.ts",
    find: `return Effect.zipRight(
          events.length === 0 ? Effect.void : store.afterCommit(store.events.publishAll(events)),
          andThen(answer)
        )`,
    replace: `return Effect.zipRight(
          events.length === 0 ? Effect.void : store.afterCommit(store.events.publishAll(events)),
          restore(andThen(answer))
        )`,
    killedBy: cancel
  },
  {
    name: "A cancel stops its handler before the commit",
    file,
    find: "store.afterCommit(stopNow(ids, isInside))",
    replace: "stopNow(ids, false)",
    killedBy: cancel
  },
  {
    name: "A cancel that was rolled back stops its handler",
    file,
    find: "store.afterCommit(stopNow(ids, isInside))",
    replace: "store.afterTransaction(stopNow(ids, false))",
    killedBy: cancel
  },
  {
    name: "Nothing else happens until all of a call are encoded",
    file: "src/runtime/newJob.ts",
    find: "jobs.length < entries.length && overdue()",
    replace: "jobs.length < 0 && overdue()",
    killedBy: enqueue
  },
  {
    name: "The same id may be given twice in one call",
    file: "src/runtime/newJob.ts",
    find: "if (twice !== undefined) {",
    replace: "if (twice === \"\") {",
    killedBy: ["test/runtime/refusedEnqueue.test.ts"]
  },
  {
    name: "A job may have a delay and an instant",
    file: "src/runtime/newJob.ts",
    find: "if (at !== undefined && delay !== undefined) {",
    replace: "if (at !== undefined && delay === null) {",
    killedBy: enqueue
  },
  {
    name: "A negative delay is none",
    file: "src/runtime/newJob.ts",
    find: "checkField(kind, \"delay\", Delay, delay)",
    replace: "Either.right(Duration.decode(delay as Duration.DurationInput))",
    killedBy: ["test/runtime/refusedEnqueue.test.ts"]
  },
  {
    name: "A job's priority is not its definition's",
    file: "src/runtime/newJob.ts",
    find: "(yield* given(\"priority\", Priority)) ?? job.priority",
    replace: "(yield* given(\"priority\", Priority)) ?? 0",
    killedBy: ["test/runtime/definition.test.ts"]
  },
  {
    name: "A job's queue is not its definition's",
    file: "src/runtime/newJob.ts",
    find: "(yield* given(\"queue\", Name)) ?? job.queue",
    replace: `(yield* given("queue", Name)) ?? "default"`,
    killedBy: ["test/runtime/definition.test.ts"]
  },
  {
    name: "A job's budget is not its definition's",
    file: "src/runtime/newJob.ts",
    find: "(yield* given(\"maxAttempts\", MaxAttempts)) ?? job.maxAttempts",
    replace: "(yield* given(\"maxAttempts\", MaxAttempts)) ?? 3",
    killedBy: ["test/runtime/definition.test.ts"]
  },
  {
    name: "A page that is exactly full is followed by an empty one",
    file: "src/store/statements/list.ts",
    find: "last !== undefined && jobs.length < (first?.found ?? 0)",
    replace: "last !== undefined && jobs.length <= (first?.found ?? 0)",
    killedBy: observe
  },
  {
    name: "A write by hand under a lost lease answers true",
    file: "src/runtime/settlesByHand.ts",
    find: "Effect.map(told, Either.isRight)",
    replace: "Effect.map(told, (answer) => Either.isRight(answer) || Either.isLeft(answer))",
    killedBy: five
  },
  {
    name: "A failure by hand that shall not be retried is retried",
    file: "src/runtime/callsByHand.ts",
    find: "options?.retry === false",
    replace: "options?.retry === true",
    killedBy: five
  },
  {
    name: "The backoff of a failure by hand is one failure behind",
    file: "src/runtime/callsByHand.ts",
    find: "lease.failures + 1)\n      const retryAfter",
    replace: "Math.max(1, lease.failures))\n      const retryAfter",
    killedBy: five
  },
  {
    name: "A claim by hand ignores the lease of the definition",
    file: "src/runtime/callsByHand.ts",
    find: "options.leaseFor ?? Option.getOrElse(job.leaseFor, () => defaultLease)",
    replace: "options.leaseFor ?? defaultLease",
    killedBy: ["test/runtime/definition.test.ts"]
  },
  {
    name: "The backoff takes one step too many",
    file: backoff,
    find: "taken < steps && progress",
    replace: "taken <= steps && progress",
    killedBy: byBackoff
  },
  {
    name: "The backoff takes one step too few",
    file: backoff,
    find: "taken < steps && progress",
    replace: "taken < steps - 1 && progress",
    killedBy: byBackoff
  },
  {
    name: "A backoff that has ended goes on",
    file: backoff,
    find: "if (ScheduleDecision.isDone(decision)) return undefined",
    replace: "if (ScheduleDecision.isDone(decision)) return { state: next, instant }",
    killedBy: byBackoff
  },
  {
    name: "Each step of a backoff is asked at the instant of the failure",
    file: backoff,
    find: "{ ...progress, instant: Math.min(progress.instant, latest) }",
    replace: "{ ...progress, instant: now }",
    also: [
      { file: backoff, find: "start: number, latest: number) =>", replace: "now: number, latest: number) =>" },
      { file: backoff, find: "instant: start }", replace: "instant: now }" }
    ],
    killedBy: byBackoff
  },
  {
    name: "A backoff forgets its steps",
    file: backoff,
    find: "return { state: next, instant: instant +",
    replace: "return { state, instant: instant +",
    killedBy: byBackoff
  },
  {
    name: "The default backoff doubles without an end",
    file: backoff,
    find: `Schedule.exponential("60 seconds").pipe(\n  Schedule.union(Schedule.spaced("1 hour"))\n)`,
    replace: `Schedule.exponential("60 seconds")`,
    killedBy: byBackoff
  },
  {
    name: "A delay is cut to whole milliseconds, so that a job is due too early",
    file: backoff,
    find: "Math.ceil(Duration.toMillis(Duration.min(delay, longestDelay)))",
    replace: "Math.floor(Duration.toMillis(Duration.min(delay, longestDelay)))",
    killedBy: byBackoff
  },
  {
    name: "A delay may be longer than a row can keep",
    file: backoff,
    find: "Math.ceil(Duration.toMillis(Duration.min(delay, longestDelay)))",
    replace: "Math.ceil(Duration.toMillis(delay))",
    killedBy: byBackoff
  },
  {
    name: "Jobs that are retried together wake no worker",
    file,
    find: "action !== \"delete\" && acted.some(Either.isRight)",
    replace: "action === \"delete\" && acted.some(Either.isRight)",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "Running jobs that are cancelled together are left to their next heartbeat",
    file,
    find: "stop(runningOf(ids, acted))",
    replace: "stop(runningOf(ids, []))",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "Jobs that are changed together tell no events",
    file: "src/runtime/operate/bulk.ts",
    find: "changedOf(ids, acted).map(({ id, status }) => eventOf(action, id, status))",
    replace:
      "changedOf(ids, acted).filter(({ id }) => id === \"\").map(({ id, status }) => eventOf(action, id, status))",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "An action on many ends with its first page",
    file,
    find: "cursor === null ? Option.none() : Option.some({ ...options, cursor })",
    replace: "cursor === null ? Option.none() : Option.filter(Option.some({ ...options, cursor }), () => false)",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "A retry of a filter without a status changes nothing but failed jobs",
    file: "src/domain/JobAction.ts",
    find: "retry: [\"failed\", \"cancelled\"]",
    replace: "retry: [\"failed\"]",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "A count goes on to the end",
    file: "src/runtime/operate/filters.ts",
    find: "const mostWalks = 20",
    replace: "const mostWalks = 2000",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "An action whose count found nothing so far changes what is newer than the count",
    file: "src/runtime/operate/filters.ts",
    find: "cursor: cursor ?? cursorText(place.cursor ?? null)",
    replace: "cursor",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "A count that comes to its limit says that there are no more",
    file: "src/runtime/operate/filters.ts",
    find: "if (count > limit) return { count: limit, isMore: true, cursor }",
    replace: "if (count > limit) return { count: limit, isMore: false, cursor }",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "An action on what was counted leaves out the newest",
    file: "src/store/statements/filter.ts",
    find: "sql`id <= ${cursor}`",
    replace: "sql`id < ${cursor}`",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "A refused row of a page is left half changed on SQLite",
    file: "src/store/operations.ts",
    find: "Effect.either(withSavepoint(actOnOne(id, request, now)))",
    replace: "Effect.either(part(actOnOne(id, request, now)))",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "An action changes any amount of text in one transaction",
    file: "src/runtime/jobQueueClient.ts",
    find: "mostBytes: actionBytes",
    replace: "mostBytes: undefined",
    killedBy: ["test/runtime/bulk.test.ts"]
  },
  {
    name: "A page sees what was before its action",
    file: "src/http/handlers/limitedQueue.ts",
    find: "Effect.ensuring(limit(call), forget)",
    replace: "limit(call)",
    killedBy: ["test/http/calls.test.ts"]
  },
  {
    name: "A page sees what was read before an action, and answered after it",
    file: "src/http/handlers/limitedQueue.ts",
    find: "if (changes === before) answers",
    replace: "if (changes >= before) answers",
    killedBy: ["test/http/calls.test.ts"]
  },
  {
    name: "A page that is told of an event sees an answer from before it",
    file: "src/http/server/make.ts",
    find: "beforeNews: limited.forget",
    replace: "beforeNews: Effect.void",
    killedBy: ["test/http/events.test.ts"]
  },
  {
    name: "A page whose second half fails tells nothing of the first",
    file: "src/store/operations.ts",
    find: "Effect.sync(() => void (isCommitted = true))",
    replace: "Effect.void",
    killedBy: ["test/runtime/bulk.test.ts"]
  }
]
