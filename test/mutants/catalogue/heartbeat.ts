import type { Equivalent, Mutant } from "../Mutant.ts"

const file = "src/runtime/lease/heartbeat.ts"
const attempt = "src/runtime/attempt/runAttempt.ts"
const heartbeat = ["test/runtime/heartbeat.test.ts"]
const keptLease = ["test/runtime/keptLease.test.ts"]
const drain = ["test/runtime/drain.test.ts"]

/** How a lease is kept, and when its handler is told to stop. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "No heartbeat is forked",
    file,
    find: "this.unlessOver(Effect.zipRight(waits, this.beating(this.pace)))",
    replace: "Effect.zipRight(Effect.zipRight(waits, Effect.never), this.beating(this.pace))",
    killedBy: heartbeat
  },
  {
    name: "The heart beats once",
    file,
    find: "Effect.repeat(this.beat(pace), Schedule.spaced(pace.interval))",
    replace: "this.beat(pace)",
    killedBy: heartbeat
  },
  {
    name: "The heart beats the moment it starts",
    file,
    find: "this.start(claimSentAt + Duration.toMillis(interval), era)",
    replace: "this.start(claimSentAt + 0 * Duration.toMillis(interval), era)",
    killedBy: heartbeat
  },
  {
    name: "The first beat waits for an interval however late its claim was answered",
    file,
    find: "this.start(claimSentAt + Duration.toMillis(interval), era)",
    replace: "this.start(Math.max(claimSentAt, this.options.now() + Duration.toMillis(interval)), era)",
    killedBy: heartbeat
  },
  {
    name: "A beat is sent after the deadline",
    file,
    find: "if (this.deadline <= sentAt) return gone",
    replace: "",
    killedBy: keptLease
  },
  {
    name: "A job is begun that its first beat may come too late for",
    file: attempt,
    find: "lease.deadline - Duration.toMillis(beatMayTake(heartbeatInterval))",
    replace: "lease.deadline - Duration.toMillis(beatMayTake(Duration.times(heartbeatInterval, 0)))",
    killedBy: heartbeat
  },
  {
    name: "The heartbeat outlives its job",
    file,
    find: "return this.heart === undefined ? undefined : Scope.close(this.options.scope, Exit.void)",
    replace: "return undefined",
    killedBy: heartbeat
  },
  {
    name: "The heartbeat ends before the job is settled",
    file: attempt,
    find: "slot.leave()\n    const outcome",
    replace: "slot.leave()\n    this.fibers.fork(this.lease.letGo)\n    const outcome",
    killedBy: heartbeat
  },
  {
    name: "The heartbeat goes on when the lease is lost",
    file,
    find: "return Effect.zipRight(stop(StopReason.LeaseLost()), gone)",
    replace: "return stop(StopReason.LeaseLost())",
    killedBy: ["test/runtime/lostLease.test.ts"]
  },
  {
    name: "A lease that the store says is lost counts as extended",
    file,
    find: "this.isLost = true\n      return Effect.zipRight(stop(StopReason.LeaseLost()), gone)",
    replace: "this.until = Math.max(this.until, until)\n      return Effect.void",
    killedBy: heartbeat
  },
  {
    name: "A handler is not told that its lease is lost",
    file,
    find: "return Effect.zipRight(stop(StopReason.LeaseLost()), gone)",
    replace: "return gone",
    killedBy: heartbeat
  },
  {
    name: "A handler is not told at the next heartbeat that its job was cancelled",
    file,
    find: "return cancelRequested ? Effect.zipRight(stop(StopReason.Cancelled()), told) : told",
    replace: "return cancelRequested ? told : told",
    killedBy: ["test/runtime/cancel.test.ts"]
  },
  {
    name: "A handler is not told to stop at the deadline",
    file,
    find: "this.options.fork(this.options.stop(StopReason.DeadlinePassed()))",
    replace: "",
    killedBy: heartbeat
  },
  {
    name: "A lease whose deadline has passed is kept by the beat that is under way",
    file,
    find: "this.heart?.unsafeInterruptAsFork(FiberId.none)\n      this.options.fork",
    replace: "this.options.fork",
    killedBy: keptLease
  },
  {
    name: "An extension does not move the deadline",
    file,
    find: "this.until = Math.max(this.until, until)",
    replace: "",
    killedBy: heartbeat
  },
  {
    name: "The deadline counts from when the claim was answered and not from before it was sent",
    file: "src/runtime/worker/workerLoop.ts",
    find: `        const claimSentAt = yield* monotonicMillis
        mayBeMore = false
        const jobs = yield* store.claim({ worker, kinds, queues, limit: most, maxBytes: claimBytes })
`,
    replace: `        mayBeMore = false
        const jobs = yield* store.claim({ worker, kinds, queues, limit: most, maxBytes: claimBytes })
        const claimSentAt = yield* monotonicMillis
`,
    killedBy: heartbeat
  },
  {
    name: "The deadline counts from when an extension was answered",
    file,
    find: "this.answered(answer, sentAt, sentAt + holdsFor(pace))",
    replace: "this.answered(answer, sentAt, now() + holdsFor(pace))",
    killedBy: heartbeat
  },
  {
    name: "A handler gets the whole lease and no time to stop in",
    file,
    find: "leaseFor - deadlineMargin(leaseFor)",
    replace: "leaseFor",
    killedBy: heartbeat
  },
  {
    name: "Of a long lease a quarter is left to stop in",
    file,
    find: "Math.min(30_000, leaseFor / 4)",
    replace: "leaseFor / 4",
    killedBy: heartbeat
  },
  {
    name: "Of a short lease 30 s are left to stop in",
    file,
    find: "Math.min(30_000, leaseFor / 4)",
    replace: "30_000",
    killedBy: heartbeat
  },
  {
    name: "Leases whose beats are due together are extended one by one",
    file: "src/runtime/lease/beats.ts",
    find: "gathering: turn,",
    replace: "",
    killedBy: ["test/runtime/beats.test.ts"]
  },
  {
    name: "A beat that waits for the store is written after its deadline",
    file: "src/runtime/lease/heartbeat.ts",
    find: "Math.min(sentAt + Duration.toMillis(mayTake), this.deadline)",
    replace: "sentAt + Duration.toMillis(mayTake)",
    killedBy: ["test/runtime/keptLease.test.ts"]
  },
  {
    name: "Beats that go together wait for the last of their deadlines",
    file: "src/runtime/lease/beats.ts",
    find: "Math.min(...beats.map(({ answerBy }) => answerBy))",
    replace: "Math.max(...beats.map(({ answerBy }) => answerBy))",
    killedBy: ["test/runtime/beats.test.ts"]
  },
  {
    name: "A beat that nobody waits for any more is written all the same",
    file: "src/runtime/lease/beats.ts",
    find: "isWithdrawn: true,",
    replace: "",
    killedBy: ["test/runtime/keptLease.test.ts"]
  },
  {
    name: "A heart stops where a store has not answered for it",
    file: "src/runtime/lease/beats.ts",
    find: "beats.map((_, index) => answerOf(answers[index]))",
    replace: "answers.map(answerOf)",
    killedBy: ["test/runtime/beats.test.ts"]
  },
  {
    name: "A call goes on although all of its items were taken back",
    file: "src/runtime/groupCalls.ts",
    find: "if (--left === 0)",
    replace: "if (--left < 0)",
    killedBy: ["test/runtime/groupCalls.test.ts"]
  },
  {
    name: "A call ends with the first of its items that is taken back",
    file: "src/runtime/groupCalls.ts",
    find: "if (--left === 0)",
    replace: "if (--left >= 0)",
    killedBy: ["test/runtime/groupCalls.test.ts"]
  },
  {
    name: "An extension is for half the lease",
    file,
    find: "extend({ lease: job.lease, leaseFor: pace.leaseFor }",
    replace: "extend({ lease: job.lease, leaseFor: pace.leaseFor / 2 }",
    killedBy: heartbeat
  },
  {
    name: "A heartbeat that is never answered is waited for",
    file,
    find: "callStore(\"extend\", Math.max(0, left),",
    replace: "callStore(\"extend\", left + Infinity,",
    killedBy: heartbeat
  },
  {
    name: "A heartbeat that cannot be interrupted is waited for",
    file,
    find: "callStore(\"extend\", Math.max(0, left), () => extendAll(beats))",
    replace: "extendAll(beats).pipe(Effect.timeout(left), Effect.catchAllDefect(Effect.fail))",
    killedBy: heartbeat
  },
  {
    name: "A heartbeat that the driver throws in is the last one",
    file,
    find: "callStore(\"extend\", Math.max(0, left), () => extendAll(beats))",
    replace: "extendAll(beats).pipe(Effect.disconnect, Effect.timeout(left))",
    killedBy: heartbeat
  },
  {
    name: "A heartbeat that failed is the last one",
    file,
    find: "Effect.zipRight(Effect.sleep(mayTake)),\n            Effect.zipRight(this.beat(pace))",
    replace: "Effect.zipRight(Effect.never)",
    killedBy: heartbeat
  },
  {
    name: "A heartbeat that failed is tried again only an interval later",
    file,
    find: "Effect.sleep(mayTake)",
    replace: "Effect.sleep(pace.interval)",
    killedBy: heartbeat
  },
  {
    name: "A drain leaves leases as they are",
    file: "src/runtime/worker/drain.ts",
    find: "yield* slots.drain\n",
    replace: "\n",
    killedBy: drain
  },
  {
    name: "A drain makes a short lease longer",
    file,
    find: "leaseFor: Math.min(leaseFor, 30_000)",
    replace: "leaseFor: Math.max(30_000, leaseFor * 0)",
    killedBy: drain
  },
  {
    name: "A drain lease is extended as rarely as any",
    file,
    find: "interval: Duration.min(interval, Duration.seconds(5)),",
    replace: "interval,",
    killedBy: drain
  },
  {
    name: "The deadline of a drain lease is lowered only when the write is answered",
    file,
    find: "this.lowerDeadline(this.pace.leaseFor)",
    replace: "",
    also: [{
      file,
      find: "this.until = Math.max(this.until, until)",
      replace: "this.until = until"
    }],
    killedBy: drain
  },
  {
    name: "A drain gives a handler more time than it had",
    file,
    find: "this.until = Math.min(this.deadline, this.options.now() + holdsFor({ leaseFor }))",
    replace: "this.until = this.options.now() + holdsFor({ leaseFor })",
    killedBy: drain
  },
  {
    name: "The answer to a beat that was sent before a drain moves its deadline",
    file,
    find: "yield* this.stopBeating\n      // First this",
    replace: "this.callOff()\n      // First this",
    killedBy: drain
  },
  {
    name: "A job that is claimed as a drain begins keeps its long lease",
    file: "src/runtime/worker/Slots.ts",
    find: "return this.isDraining ? lease.drain : undefined",
    replace: "return undefined",
    killedBy: drain
  },
  {
    name: "A deadline that a drain lowers is seen at the next beat",
    file,
    find: "this.start(now, era)",
    replace: "if (this.era === era) this.heart = this.options.forkHeart(this.beating(this.pace))",
    killedBy: drain
  },
  {
    name: "A late start and a drain start two hearts",
    file,
    find: "if (this.era !== era || this.hasEnded) return",
    replace: "if (this.hasEnded || this.isLetGo) return",
    killedBy: ["test/runtime/keptLease.test.ts"]
  },
  {
    name: "A heart that was about to begin as its job ended sleeps on",
    file,
    find: "this.unlessOver(Effect.zipRight(waits, this.beating(this.pace)))",
    replace: "Effect.zipRight(waits, this.unlessOver(this.beating(this.pace)))",
    killedBy: keptLease
  },
  {
    name: "A handler that blocks the process as a heart starts puts its first beat off",
    file,
    find: "const waits = waitUntil(wakeUps.at, () => from)",
    replace:
      "const delay = from - this.options.now()\n    const waits = waitUntil(wakeUps.at, () => this.options.now() + delay)",
    killedBy: keptLease
  },
  {
    name: "A heart that was about to begin as its job ended beats on",
    file,
    find: "return Effect.suspend(() => this.hasEnded || this.isLetGo ? Effect.void : effect)",
    replace: "return effect",
    killedBy: ["test/runtime/keptLease.test.ts"]
  },
  {
    name: "A zombie keeps its lease",
    file: attempt,
    find: "yield* lease.letGo\n",
    replace: "\n",
    killedBy: heartbeat
  },
  {
    name: "A handler that takes its time to stop loses its heartbeat at once",
    file: attempt,
    find: "yield* Effect.sleep(stopsWithin)\n",
    replace: "\n",
    killedBy: heartbeat
  }
]

export const equivalents: ReadonlyArray<Equivalent> = [
  {
    name: "An extension may set the deadline back",
    file,
    find: "this.until = Math.max(this.until, until)",
    replace: "this.until = until",
    because:
      "Beats follow one another, so each is sent later than the last. One that was given up is interrupted, and " +
      "comes to this line only before that; so is the one that is under way as a drain lowers the deadline."
  }
]
