import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { Store } from "holdfast/store"

// define: a kind of job, and what it carries
const Welcome = Job.make("email.welcome", {
  payload: { userId: Schema.String }
})

// run: the code for it
const WelcomeLive = Welcome.toLayer(({ userId }) => Effect.log(`Welcome, ${userId}`))

// claim, settle: a worker, with the jobs in the database that a URL names
const WorkerLive = Worker.layer({ jobs: [Welcome], concurrency: 10 }).pipe(
  Layer.provide(WelcomeLive),
  Layer.provideMerge(JobQueue.layer),
  Layer.provideMerge(Store.fromUrl("sqlite:app.db"))
)

// enqueue: from anywhere that has the layer
const program = Effect.gen(function*() {
  yield* JobQueue.enqueue(Welcome, { userId: "ada" }, { uniqueKey: "ada" })
  yield* Effect.never
})

program.pipe(Effect.provide(WorkerLive), NodeRuntime.runMain)
