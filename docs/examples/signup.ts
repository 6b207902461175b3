import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer, Schema } from "effect"
import { CurrentJob, Job, JobQueue, neverRetry, snooze, Worker } from "holdfast"
import { SqlJobStore } from "holdfast/sqlite"

class MailboxFull extends Schema.TaggedError<MailboxFull>()("MailboxFull", { address: Schema.String }) {}

export const Welcome = Job.make("email.welcome", {
  payload: { userId: Schema.String, address: Schema.String },
  error: MailboxFull,
  maxAttempts: 5,
  timeout: "2 minutes"
})

/** The user and the job that welcomes them: both are there, or neither. */
export const signUp = (userId: string, address: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql.withTransaction(Effect.gen(function*() {
      yield* sql`INSERT INTO users (id, address) VALUES (${userId}, ${address})`
      yield* JobQueue.enqueue(Welcome, { userId, address }, { delay: "5 minutes", uniqueKey: userId })
    }))
  })

const WelcomeLive = Welcome.toLayer(({ address, userId }) =>
  Effect.gen(function*() {
    const { attempt, fencingToken, progress } = yield* CurrentJob
    if (!address.includes("@")) return yield* neverRetry(`${userId} has no address`)
    if (yield* isSleeping(address)) return yield* snooze("8 hours")
    yield* progress({ sending: attempt })
    yield* send(address, { idempotencyKey: `${userId}:${fencingToken}` })
  })
)

/** The jobs live in the database that the app has already. */
export const AppLive = Worker.layer({ jobs: [Welcome], queues: { default: 5 } }).pipe(
  Layer.provide(WelcomeLive),
  Layer.provideMerge(JobQueue.layer),
  Layer.provideMerge(SqlJobStore.layer()),
  Layer.provideMerge(SqliteClient.layer({ filename: "app.db" }))
)

declare const isSleeping: (address: string) => Effect.Effect<boolean>
declare const send: (address: string, options: { readonly idempotencyKey: string }) => Effect.Effect<void, MailboxFull>
