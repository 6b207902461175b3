import { Effect, Option } from "effect"
import { JobEvent, JobId, JobQueue } from "../../src/index.ts"
import { eventually } from "./browser.ts"
import type { Site } from "./site.ts"
import { Charge, Report, Welcome } from "./site.ts"

/** A view, and a text that is there once it is loaded. */
export interface View {
  readonly name: string
  readonly address: string
  readonly shows: string
}

/** A site on which every screen has something to show. */
export interface Filled {
  /** The views. Trouble is told anew to who looks now. */
  readonly views: () => ReadonlyArray<View>
  readonly trouble: () => Promise<void>
  readonly end: () => Promise<void>
}

/** Gives a site jobs of every status, a pause, a lease that is over, and a worker. */
export const fill = async (site: Site): Promise<Filled> => {
  const ids = await site.run(Effect.gen(function*() {
    yield* JobQueue.enqueueMany(
      Welcome,
      Array.from({ length: 140 }, (_, index) => ({ payload: { user: `user-${index}` } }))
    )
    yield* JobQueue.enqueueMany(
      Charge,
      [1999, 4500, 120].map((cents) => ({ payload: { card: "4242", cents }, partitionKey: "acme" }))
    )
    // Its worker is gone.
    const { id: stale } = yield* JobQueue.enqueue(Report, { month: "2026-09" }, { queue: "archive" })
    yield* JobQueue.claim({
      jobs: [Report],
      queues: ["archive"],
      leaseFor: "1 milli",
      worker: "worker-3:4411:5ce2d01f"
    })
    const { id: running } = yield* JobQueue.enqueue(Report, { month: "2026-10" })
    return { stale, running }
  }))
  const stop = await site.work()
  await eventually("the jobs have run", async () => {
    const { jobs } = await site.run(JobQueue.list())
    return jobs.every(({ attempts }) => attempts > 0)
  })
  const [failed] = (await site.run(JobQueue.list({ kind: "card.charge" }))).jobs
  const failedId = failed?.id ?? ""
  await site.run(JobQueue.edit(failedId, { delay: 0 }))
  await eventually("one has failed for good", async () => (await site.run(JobQueue.get(failedId))).status === "failed")
  const waiting = await site.run(Effect.gen(function*() {
    const { id } = yield* JobQueue.enqueue(
      Welcome,
      {
        user: "grace",
        note: { template: "welcome-2", languages: ["en", "fr"], trial: true, seats: 12, referrer: null }
      },
      { delay: "3 hours", priority: 5, partitionKey: "acme", uniqueKey: "grace" }
    )
    const { id: cancelled } = yield* JobQueue.enqueue(Welcome, { user: "nobody" }, { delay: "1 hour" })
    yield* JobQueue.cancel(cancelled)
    yield* JobQueue.pause({ queue: "billing" }, { by: "Ada" })
    return id
  }))
  const facts = { jobId: JobId.make(ids.running), kind: "report.build", attempt: 1, worker: "worker-2:977:41d0b7aa" }
  return {
    views: () => [
      { name: "overview", address: "", shows: "Over time" },
      { name: "jobs", address: "jobs", shows: "scroll for more" },
      { name: "job-waiting", address: `jobs/${waiting}`, shows: "Payload" },
      { name: "job-running", address: `jobs/${ids.running}`, shows: "3 of 12" },
      { name: "job-failed", address: `jobs/${failedId}`, shows: "The card was refused" },
      { name: "job-lost", address: `jobs/${ids.stale}`, shows: "Timeline" },
      { name: "queues", address: "queues", shows: "by Ada" },
      { name: "kinds", address: "queues?by=kind", shows: "card.charge" },
      { name: "workers", address: "workers", shows: "Slots used" },
      { name: "trouble", address: "trouble", shows: "Rescues" },
      { name: "nothing", address: "jobs?queue=none", shows: "No job fits this filter" },
      { name: "unknown", address: "elsewhere", shows: "There is no such view" }
    ],
    trouble: async () => {
      for (
        const event of [
          JobEvent.HeartbeatFailed({ ...facts, error: new Error("locked") }),
          JobEvent.LeaseLost({ ...facts, reason: "DeadlinePassed", stall: Option.none() }),
          JobEvent.Zombie(facts),
          JobEvent.StaleReleased({
            ...facts,
            attempt: 2,
            lockedAt: Date.now() - 640_000,
            holderIsGone: false,
            status: "pending"
          })
        ]
      ) await site.publish(event)
    },
    end: async () => {
      site.endReports()
      await stop()
    }
  }
}
