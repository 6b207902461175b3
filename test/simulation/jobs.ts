import { Effect, Exit, Layer, Schedule, Schema } from "effect"
import { CurrentJob } from "../../src/domain/CurrentJob.ts"
import * as Job from "../../src/domain/Job.ts"
import { neverRetry, snooze } from "../../src/domain/Verdict.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import type { HandlerRun, History } from "./History.ts"

/** What a handler does. */
export const Behaviour = Schema.Literal(
  "succeed",
  "outlast the lease",
  "report progress",
  "enqueue another",
  "snooze",
  "fail",
  "fail at first",
  "never again",
  "die",
  "hang",
  "refuse to stop",
  "block"
)
export type Behaviour = typeof Behaviour.Type

/** Whether a job succeeds, unless faults or its timeout keep it from it. Clients settle the manual ones as they like. */
export const wouldSucceed = (kind: string, behaviour: Behaviour): boolean =>
  kind !== "manual" && !neverSucceeds.has(behaviour)

const neverSucceeds: ReadonlySet<Behaviour> = new Set(["fail", "never again", "die", "hang"])

const Work = {
  behaviour: Behaviour,
  /** Milliseconds. */
  takes: Schema.Number,
  /** Takes room, so that disks run full. */
  filler: Schema.String
}

/** What comes of jobs of some kinds. */
const Result = Schema.Struct({ by: Schema.String, took: Schema.NullOr(Schema.Number), filler: Schema.String })

/** What the attempt of a run answers. */
export const resultOf = ({ jobId, kind, takes }: Pick<HandlerRun, "jobId" | "kind" | "takes">) => ({
  by: `${kind} ${jobId}`,
  took: takes > 1000 ? takes : null,
  filler: "\u00e4\n".repeat(takes % 7)
})

/** How long a claim of a kind holds, where the worker's own lease is `lease`; both in milliseconds. */
export const leaseOf = (kind: string, lease: number): number => kind === "brief" ? lease / 2 : lease

/** How long after a claim or an extension was sent its worker counts on a lease, both in milliseconds. */
export const holdsFor = (leaseFor: number): number => leaseFor - Math.min(30_000, leaseFor / 4)

/** How a worker keeps a lease, in milliseconds. */
export interface Pace {
  readonly leaseFor: number
  readonly holdsFor: number
  /** From one extension to the next. */
  readonly interval: number
  /** How long an extension is waited for. */
  readonly mayTake: number
}

const pace = (leaseFor: number, interval: number): Pace => ({
  leaseFor,
  holdsFor: holdsFor(leaseFor),
  interval,
  mayTake: interval / 4
})

/** The kind of jobs that other programs write, and no worker of the fleet runs. */
export const foreignKind = "foreign"

/** As it was told to; while it drains, for 30 s at most and every 5 s at least. */
export const paceOf = (
  kind: string,
  worker: { readonly lease: number; readonly heartbeatInterval: number },
  drains: boolean
): Pace =>
  drains
    ? pace(Math.min(leaseOf(kind, worker.lease), 30_000), Math.min(worker.heartbeatInterval, 5000))
    : pace(leaseOf(kind, worker.lease), worker.heartbeatInterval)

/** How long a handler of a kind may run, in milliseconds. */
export const timeoutOf = (kind: string): number => kind === "timed" ? 20_000 : Infinity

/** The kinds of the fleet. `lease` is the worker's, in milliseconds. */
export const kinds = (lease: number) => ({
  steady: Job.make("steady", { payload: Work }),
  brief: Job.make("brief", {
    payload: Work,
    success: Result,
    error: Schema.Defect,
    leaseFor: leaseOf("brief", lease),
    maxAttempts: 5,
    backoff: Schedule.spaced("5 seconds")
  }),
  timed: Job.make("timed", {
    payload: Work,
    success: Result,
    error: Schema.Defect,
    timeout: timeoutOf("timed"),
    backoff: Schedule.spaced("3 seconds")
  }),
  once: Job.make("once", { payload: Work, maxAttempts: 1 }),
  /** No worker runs these: clients claim and settle them by hand. */
  manual: Job.make("manual", { payload: Work, maxAttempts: 8 })
})
export type Kinds = ReturnType<typeof kinds>

/** The longest that a handler refuses to stop, in milliseconds. */
export const longestRefusal = 50_000

/** How long after a handler was told to stop its worker gives up its lease, in milliseconds. */
export const zombieAfter = 30_000

/** Tells in its payload which run of a handler has enqueued a job. */
export const enqueuedBy = ({ attempt, jobId }: Pick<HandlerRun, "jobId" | "attempt">) =>
  `by attempt ${attempt} of ${jobId}`

/** What handlers are told of the process they run in. */
export interface HandlerWorld {
  readonly history: History
  readonly process: string
  /** Keeps the process's event loop busy for some milliseconds. */
  readonly block: (millis: number) => void
}

/** The handlers, each of which notes its runs. */
export const handlers = (kinds: Kinds, world: HandlerWorld) =>
  Layer.mergeAll(
    kinds.steady.toLayer(handler(kinds, world)),
    kinds.brief.toLayer(answering(kinds, world)),
    kinds.timed.toLayer(answering(kinds, world)),
    kinds.once.toLayer(handler(kinds, world))
  )

const handler = (kinds: Kinds, world: HandlerWorld) => (payload: Job.Payload<Kinds["steady"]>) =>
  Effect.asVoid(noted(kinds, world, payload))

const answering = (kinds: Kinds, world: HandlerWorld) => (payload: Job.Payload<Kinds["steady"]>) =>
  Effect.map(noted(kinds, world, payload), resultOf)

const noted = (kinds: Kinds, world: HandlerWorld, payload: Job.Payload<Kinds["steady"]>) =>
  Effect.acquireUseRelease(
    Effect.map(CurrentJob, (job): HandlerRun => {
      const run: HandlerRun = {
        jobId: job.id,
        attempt: job.attempt,
        kind: job.kind,
        behaviour: payload.behaviour,
        queue: job.queue,
        takes: payload.takes,
        process: world.process,
        started: world.history.moment(),
        ended: undefined
      }
      world.history.runs.push(run)
      return run
    }),
    (run) => Effect.as(behave(kinds, world, run, payload), run),
    (run, exit) =>
      Effect.sync(() => {
        run.ended = { ...world.history.moment(), how: Exit.isInterrupted(exit) ? "interrupted" : "ended" }
      })
  )

const behave = (
  kinds: Kinds,
  world: HandlerWorld,
  run: HandlerRun,
  { behaviour, takes }: Job.Payload<Kinds["steady"]>
) =>
  Effect.gen(function*() {
    const before = world.history.runs.filter(({ jobId }) => jobId === run.jobId).length - 1
    const work = Effect.sleep(takes)
    switch (behaviour) {
      case "succeed":
      case "outlast the lease":
        return yield* work
      case "report progress": {
        const job = yield* CurrentJob
        for (let done = 0; done < 3; done++) {
          yield* Effect.sleep(takes / 3)
          yield* job.progress({ done })
        }
        return
      }
      case "enqueue another":
        yield* work
        return world.history.acknowledge(world.process, [
          yield* JobQueue.enqueue(kinds.brief, { behaviour: "succeed", takes: 100, filler: enqueuedBy(run) })
        ])
      case "snooze":
        yield* work
        return before < 2 ? yield* snooze(takes) : undefined
      case "fail":
        yield* work
        return yield* Effect.fail(new Error("scripted failure"))
      case "fail at first":
        yield* work
        return before < 1 ? yield* Effect.fail(new Error("scripted failure")) : undefined
      case "never again":
        yield* work
        return yield* neverRetry(new Error("scripted failure"))
      case "die":
        yield* work
        return yield* Effect.die(new Error("scripted failure"))
      case "hang":
        return yield* Effect.never
      case "refuse to stop":
        return yield* Effect.uninterruptible(Effect.sleep(Math.min(takes, longestRefusal)))
      case "block":
        yield* Effect.sync(() => world.block(takes))
        return yield* Effect.sleep(1)
    }
  })
