import * as PersistedQueue from "@effect/experimental/PersistedQueue"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlPersistedQueue from "@effect/sql/SqlPersistedQueue"
import { Deferred, Effect, Fiber, Layer, Logger, LogLevel, Schema } from "effect"
import { expectCount, startMeasuring } from "../measure.ts"
import { payloadOf, sharesOf, warmUpOf } from "../load.ts"
import type { Durability, Sample } from "../Scenario.ts"

/*
 * Effect's SqlPersistedQueue. It claims for all that wait to take at once, so as
 * many takers as there is concurrency are its fastest. It has no bulk offer;
 * what is drained was offered in one transaction.
 */

const schema = Schema.Struct({
  n: Schema.Number,
  account: Schema.String,
  template: Schema.String,
  subject: Schema.String,
  body: Schema.String,
  tags: Schema.Array(Schema.String)
})

export interface Options {
  readonly file: string
  readonly durability: Durability
}

/** The queue's parts, in a file. It looks every 10 ms where it has found nothing; its default is a second. */
export const queueIn = ({ durability, file }: Options) =>
  PersistedQueue.layer.pipe(
    Layer.provide(SqlPersistedQueue.layerStore({ pollInterval: "10 millis" })),
    Layer.provideMerge(
      Layer.effectDiscard(
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`PRAGMA synchronous = ${sql.literal(durability)}`)
      )
    ),
    Layer.provideMerge(SqliteClient.layer({ filename: file }))
  )

export const make = PersistedQueue.make({ name: "bench", schema })
export type Queue = Effect.Effect.Success<typeof make>

/** Runs a program over the queue in a file. */
const runOn = <A, E>(
  options: Options,
  program: (queue: Queue) => Effect.Effect<A, E, SqlClient.SqlClient>
): Promise<A> =>
  Effect.flatMap(make, program).pipe(
    Effect.provide(queueIn(options)),
    Logger.withMinimumLogLevel(LogLevel.Warning),
    Effect.runPromise
  )

/** Takes with so many takers until so many elements are done. */
const work = (queue: Queue, jobs: number, takers: number) =>
  Effect.gen(function*() {
    const ended = yield* Deferred.make<void>()
    let done = 0
    const take = Effect.zipRight(
      queue.take(() => Effect.void),
      Effect.suspend(() => ++done === jobs ? Deferred.succeed(ended, undefined) : Effect.void)
    )
    const all = yield* Effect.fork(
      Effect.all(Array.from({ length: takers }, () => Effect.forever(take)), { concurrency: "unbounded" })
    )
    yield* Effect.raceFirst(Deferred.await(ended), Fiber.join(all))
    yield* Fiber.interrupt(all)
  })

/** Offers jobs from so many fibers, each of which waits for its own. */
const produce = (queue: Queue, jobs: number, fibers: number) =>
  Effect.forEach(
    sharesOf(jobs, fibers),
    (share) =>
      Effect.forEach(Array.from({ length: share }, (_, n) => n), (n) => queue.offer(payloadOf(n)), { discard: true }),
    { concurrency: "unbounded", discard: true }
  )

const fill = (queue: Queue, jobs: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(produce(queue, jobs, 1)))

const expectCompleted = (isCompleted: boolean, jobs: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ readonly n: number }>`
      SELECT count(*) AS n FROM effect_queue WHERE completed = ${isCompleted ? 1 : 0}`
    expectCount(isCompleted ? "elements completed" : "elements that wait", row?.n ?? 0, jobs)
  })

/** Drains elements that wait. */
export const drain = (options: Options & { readonly jobs: number; readonly concurrency: number }): Promise<Sample> =>
  runOn(options, (queue) =>
    Effect.gen(function*() {
      const { concurrency, jobs } = options
      yield* fill(queue, warmUpOf(jobs))
      yield* work(queue, warmUpOf(jobs), concurrency)
      yield* fill(queue, jobs)
      const stop = startMeasuring()
      yield* work(queue, jobs, concurrency)
      const sample = stop(jobs)
      yield* expectCompleted(true, jobs + warmUpOf(jobs))
      return sample
    }))

/** Drains elements while producers offer them. */
export const cycle = (
  options: Options & { readonly jobs: number; readonly concurrency: number; readonly producers: number }
): Promise<Sample> =>
  runOn(options, (queue) =>
    Effect.gen(function*() {
      const { concurrency, jobs, producers } = options
      const both = (jobs: number) =>
        Effect.all([work(queue, jobs, concurrency), produce(queue, jobs, producers)], { concurrency: 2, discard: true })
      yield* both(warmUpOf(jobs))
      const stop = startMeasuring()
      yield* both(jobs)
      const sample = stop(jobs)
      yield* expectCompleted(true, jobs + warmUpOf(jobs))
      return sample
    }))

/** Offers elements one by one from so many fibers. */
export const enqueue = (options: Options & { readonly jobs: number; readonly fibers: number }): Promise<Sample> =>
  runOn(options, (queue) =>
    Effect.gen(function*() {
      const { fibers, jobs } = options
      yield* produce(queue, warmUpOf(jobs), fibers)
      const stop = startMeasuring()
      yield* produce(queue, jobs, fibers)
      const sample = stop(jobs)
      yield* expectCompleted(false, jobs + warmUpOf(jobs))
      return sample
    }))
