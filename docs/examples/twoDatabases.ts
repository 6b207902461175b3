import { Context, Effect, Layer, Schema } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { SqliteStore } from "holdfast/sqlite"
import type { JobQueueService } from "holdfast"

const Welcome = Job.make("email.welcome", { payload: { userId: Schema.String } })
const Report = Job.make("report.draw", { payload: { month: Schema.String, readerId: Schema.String } })

/** The queue of each database, under a name of its own. */
export class MailQueue extends Context.Tag("app/MailQueue")<MailQueue, JobQueueService>() {}
export class ReportQueue extends Context.Tag("app/ReportQueue")<ReportQueue, JobQueueService>() {}

const WelcomeLive = Welcome.toLayer(({ userId }) => Effect.log(`Welcome, ${userId}`))

const mail = (folder: string) =>
  Worker.layer({ jobs: [Welcome] }).pipe(
    Layer.provide(WelcomeLive),
    Layer.provideMerge(Layer.effect(MailQueue, JobQueue)),
    Layer.provide(JobQueue.layer),
    Layer.provide(SqliteStore.layer({ filename: `${folder}/mail.db` }))
  )

/** A job of one database may enqueue into the other; what it enqueues is then not in its own transaction. */
const ReportLive = Report.toLayer(({ readerId }) =>
  Effect.gen(function*() {
    const { enqueue } = yield* MailQueue
    yield* enqueue(Welcome, { userId: readerId })
  })
)

const reports = (folder: string) =>
  Worker.layer({ jobs: [Report] }).pipe(
    Layer.provide(ReportLive),
    Layer.provideMerge(Layer.effect(ReportQueue, JobQueue)),
    Layer.provide(JobQueue.layer),
    Layer.provide(SqliteStore.layer({ filename: `${folder}/reports.db` }))
  )

/** Two files, each with its queue and its worker. */
export const twoDatabases = (folder: string) => reports(folder).pipe(Layer.provideMerge(mail(folder)))

export const drawReport = Effect.gen(function*() {
  const { enqueue } = yield* ReportQueue
  yield* enqueue(Report, { month: "2026-01", readerId: "ada" })
})
