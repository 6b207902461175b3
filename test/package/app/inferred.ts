import { Effect, Layer, Schema } from "effect"
import * as Holdfast from "holdfast"
import * as Define from "holdfast/define"
import { SqliteStore, SqlJobStore } from "holdfast/sqlite"
import * as Testing from "holdfast/testing"

// Without an annotation, so that declarations have to name every type by a package that the app names.
export { Define, Holdfast, SqliteStore, SqlJobStore, Testing }
export const Nightly = Holdfast.Job.make("nightly", {
  payload: { at: Schema.Date },
  success: Schema.Option(Schema.Int)
})
export const store = SqliteStore.layer({ filename: "app.db" })
export const onTheAppsClient = SqlJobStore.layer()
export const queue = Holdfast.JobQueue.layer
export const worker = Holdfast.Worker.layer({ jobs: [Nightly] })
export const once = Holdfast.Worker.run({ jobs: [Nightly], once: true })
export const app = Layer.provideMerge(Layer.merge(worker, queue), store)
export const enqueue = Effect.gen(function*() {
  const enqueued = yield* Holdfast.JobQueue.enqueue(Nightly, { at: new Date(0) })
  return { enqueued, page: yield* Holdfast.JobQueue.list({}), job: yield* Holdfast.JobQueue.get(enqueued.id) }
})
export const performed = Testing.perform(Nightly, { at: new Date(0) })
export const stopping = Holdfast.handleSignals()(enqueue)
