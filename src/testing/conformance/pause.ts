import { Effect, Option } from "effect"
import type { PauseTarget } from "../../domain/Pause.ts"
import type { LaneHead } from "../../store/JobStore.ts"
import { JobStore } from "../../store/JobStore.ts"
import type { Promised } from "./StoreUnderTest.ts"
import {
  advance,
  cancel,
  claim,
  claimed,
  complete,
  enqueue,
  expect,
  extend,
  fail,
  get,
  job,
  jobId,
  promise,
  request,
  running,
  start
} from "./StoreUnderTest.ts"

const pause = (target: PauseTarget, by?: string) => Effect.flatMap(JobStore, (store) => store.pause(target, by))

const resume = (target: PauseTarget) => Effect.flatMap(JobStore, (store) => store.resume(target))

const pauses = Effect.flatMap(JobStore, (store) => store.pauses())

const due = (options: Parameters<typeof request>[0] = {}) =>
  Effect.flatMap(JobStore, (store) => Effect.map(store.due(request(options)), (jobs) => jobs.map(({ id }) => id)))

const nextDue = (options: Parameters<typeof request>[0] = {}) =>
  Effect.flatMap(JobStore, (store) => Effect.map(store.nextDue(request(options)), Option.getOrNull))

const both = [{ kind: "email", leaseFor: 1000 }, { kind: "sms", leaseFor: 1000 }]

const named = (...queues: ReadonlyArray<string>) => Option.some(queues.map((queue) => ({ queue, limit: 10 })))

/** Promises about pauses, and about the counts that people read. */
export const pausePromises: ReadonlyArray<Promised> = [
  promise(
    "nothing is claimed of a paused queue, whether or not the claim names its queues, until it is resumed",
    function*() {
      yield* enqueue(job(1, { queue: "mail" }), job(2, { queue: "web" }))
      yield* pause({ queue: "mail" })
      yield* expect(yield* due(), [jobId(2)])
      yield* expect(yield* due({ queues: named("mail", "web") }), [jobId(2)])
      yield* expect(yield* claimed({ queues: named("mail") }), [])
      yield* expect(yield* claimed(), [jobId(2)])
      yield* expect(yield* claimed(), [])
      yield* expect(yield* resume({ queue: "mail" }), true)
      yield* expect(yield* claimed(), [jobId(1)])
    }
  ),

  promise("nothing is claimed of a paused kind, and a queue of the same name is another thing", function*() {
    yield* enqueue(job(1, { kind: "email", queue: "sms" }), job(2, { kind: "sms", queue: "email" }))
    yield* pause({ kind: "email" })
    yield* expect(yield* resume({ queue: "email" }), false)
    yield* expect(yield* claimed({ kinds: both }), [jobId(2)])
    yield* expect(yield* claimed({ kinds: both }), [])
    yield* resume({ kind: "email" })
    yield* expect(yield* claimed({ kinds: both }), [jobId(1)])
  }),

  promise("a claim finds what is not paused behind however many jobs that are", function*() {
    const before = Array.from({ length: 120 }, (_, index) => job(index + 1, { queue: "mail", priority: 9 }))
    yield* enqueue(...before, job(500, { queue: "web" }))
    yield* pause({ queue: "mail" })
    yield* expect(yield* due({ limit: 1 }), [jobId(500)])
    yield* expect(yield* due({ limit: 1, queues: named("mail", "web") }), [jobId(500)])
    yield* expect(yield* claimed({ limit: 1 }), [jobId(500)])
    yield* resume({ queue: "mail" })
    yield* pause({ kind: "email" })
    yield* enqueue(job(501, { kind: "sms" }))
    yield* expect(yield* claimed({ limit: 1, kinds: both }), [jobId(501)])
  }),

  promise("a paused job is never what is due next, so that no worker wakes for it", function*() {
    yield* enqueue(
      job(1, { queue: "mail" }),
      job(2, { queue: "mail", available: { after: 1000 } }),
      job(3, { queue: "web", available: { after: 5000 } })
    )
    yield* pause({ queue: "mail" })
    yield* expect(yield* nextDue(), start + 5000)
    yield* expect(yield* nextDue({ queues: named("mail", "web") }), start + 5000)
    yield* expect(yield* nextDue({ queues: named("mail") }), null)
    yield* pause({ kind: "email" })
    yield* expect(yield* nextDue(), null)
    yield* resume({ kind: "email" })
    yield* resume({ queue: "mail" })
    yield* expect(yield* nextDue(), start)
  }),

  promise("a job that runs goes on under a pause: it is extended, settled, and comes back to wait", function*() {
    const first = yield* running(1)
    const second = yield* running(2)
    yield* pause({ queue: "default" })
    yield* extend(first)
    yield* complete(first)
    yield* fail(second, { retryAfter: 0 })
    yield* expect(yield* get(jobId(2)), { status: "pending", failures: 1 })
    yield* expect(yield* claim(), [])
    yield* expect(yield* cancel(jobId(2)), "cancelled")
  }),

  promise(
    "a pause is kept with its instant and name, also where it is paused again, and may be of anything",
    function*() {
      yield* expect(yield* pauses, [])
      yield* expect(yield* pause({ queue: "mail" }, "Ada"), {
        scope: "queue",
        name: "mail",
        pausedAt: start,
        pausedBy: "Ada"
      })
      yield* advance(1000)
      yield* expect(yield* pause({ queue: "mail" }, "Bob"), { pausedAt: start, pausedBy: "Ada" })
      yield* expect(yield* pause({ kind: "never seen" }), { scope: "kind", pausedAt: start + 1000, pausedBy: null })
      yield* expect(yield* pauses, [{ scope: "kind", name: "never seen" }, { scope: "queue", name: "mail" }])
      yield* expect([yield* resume({ queue: "mail" }), yield* resume({ queue: "mail" })], [true, false])
      yield* expect(yield* pauses, [{ scope: "kind", name: "never seen" }])
    }
  ),

  promise("pending and due jobs of a lane and priority are counted, up to a limit", function*() {
    yield* enqueue(
      job(1, { priority: 5 }),
      job(2),
      job(3),
      job(4, { available: { after: 1000 } }),
      job(5, { queue: "web" })
    )
    const depths = (limit: number) =>
      Effect.flatMap(
        JobStore,
        (store) =>
          Effect.flatMap(store.laneHeads({ limit: 10 }), (heads: ReadonlyArray<LaneHead>) =>
            Effect.map(store.laneDepths({ heads, limit }), (all) =>
              heads.map(({ kind, priority, queue }) => {
                const depth = all.find((each) =>
                  each.queue === queue && each.kind === kind && each.priority === priority
                )
                return [queue, priority, depth?.pending, depth?.due]
              })))
      )
    yield* expect(yield* depths(10), [["default", 5, 1, 1], ["default", 0, 3, 2], ["web", 0, 1, 1]])
    yield* expect(yield* depths(2), [["default", 5, 1, 1], ["default", 0, 2, 2], ["web", 0, 1, 1]])
    yield* advance(1000)
    yield* expect(yield* depths(10), [["default", 5, 1, 1], ["default", 0, 3, 3], ["web", 0, 1, 1]])
  }),

  promise("due jobs of a lane that come before a job of the same priority are counted, up to a limit", function*() {
    yield* enqueue(
      job(1),
      job(2),
      job(3, { priority: 5 }),
      job(4, { queue: "web" }),
      job(5, { available: { after: 1000 } })
    )
    const ahead = (number: number, limit = 10) =>
      Effect.flatMap(
        JobStore,
        (store) => Effect.flatMap(get(jobId(number)), (found) => store.countAhead(found, { limit }))
      )
    yield* expect([yield* ahead(1), yield* ahead(2), yield* ahead(3), yield* ahead(4)], [0, 1, 0, 0])
    // Not due itself, it stands behind what is.
    yield* expect([yield* ahead(5), yield* ahead(5, 1)], [2, 1])
  }),

  promise("jobs that ended lately are counted by queue and kind, the last of them up to a limit", function*() {
    const endedLately = (within: number, limit = 10) =>
      Effect.flatMap(JobStore, (store) =>
        Effect.map(
          store.endedLately({ status: "succeeded", within, limit }),
          (ended) => ended.map(({ jobs, queue }) => `${queue} ${jobs}`).toSorted()
        ))
    yield* complete(yield* running(1))
    yield* advance(1000)
    yield* complete(yield* running(2))
    yield* complete(yield* running(3, { queue: "web" }))
    yield* fail(yield* running(4), { retryAfter: null })
    yield* expect(yield* endedLately(10_000), ["default 2", "web 1"])
    yield* expect(yield* endedLately(500), ["default 1", "web 1"])
    yield* expect((yield* endedLately(10_000, 1)).length, 1)
    yield* advance(1000)
    yield* expect(yield* endedLately(1000), [])
  })
]
