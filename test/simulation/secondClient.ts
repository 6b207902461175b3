import { Reactivity } from "@effect/experimental"
import { SqlClient, SqlError } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Cause, Context, Effect, Exit, Fiber, Layer, Option, Predicate, Random } from "effect"
import { ForeignTransaction, StoreError } from "../../src/domain/errors.ts"
import { Ids } from "../../src/platform/Ids.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as SqliteJobStore from "../../src/store/sqlite/SqliteJobStore.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"
import { abandoned } from "./clients.ts"
import { enclosed } from "./enclosing.ts"
import { causes } from "./faultyStore.ts"
import type { Asked, Round, SecondDatabase } from "./SecondDatabase.ts"
import type { Client } from "./work.ts"

/** The second database of a process, beside the one that `JobQueue` and `SqlClient` are of. */
export class Second extends Context.Tag("holdfast/test/simulation/Second")<Second, {
  readonly queue: Context.Tag.Service<JobQueue>
  readonly sql: SqlClient.SqlClient
}>() {}

const options = { synchronous: "normal", busyTimeout: "5 seconds" } as const

/** Opens it as an app with two databases does. */
export const secondStore = (filename: string, isAppsOwn: boolean) =>
  Layer.effect(Second, Effect.all({ queue: JobQueue, sql: SqlClient.SqlClient })).pipe(
    Layer.provide(JobQueue.layer),
    Layer.provide(isAppsOwn ? onOwnClient(filename) : SqliteStore.layer({ filename, ...options }))
  )

/** Opens it by a client that the app has made itself. */
const onOwnClient = (filename: string) =>
  Layer.scopedContext(Effect.flatMap(ownClient(filename), (client) =>
    Effect.map(
      Effect.provide(Layer.build(SqliteJobStore.layer(options)), client),
      (store) => Context.merge(client, store)
    )))

/**
 * The driver's client as it is, but for its wait for locks: the whole simulation would stand still for 5 s.
 * Interrupted as it opens the file, it would never close it.
 */
const ownClient = (filename: string) =>
  Effect.gen(function*() {
    const client = yield* SqliteClient.make({ filename })
    yield* client`PRAGMA busy_timeout = 0`
    return Context.make(SqlClient.SqlClient, client)
  }).pipe(Effect.uninterruptible, Effect.provide(Reactivity.layer))

type Part<E = unknown> = Effect.Effect<void, E, JobQueue | SqlClient.SqlClient | Second>

/** Uses both databases in one fiber, inside and outside of the transactions of each. Ends when the fleet heals. */
export const secondClient = (client: Client, told: SecondDatabase, seed: number): Part<never> => {
  const { process, world } = client
  told.opened.set(process, world.history.moment())
  // An own client may lose its permit with a fiber that is interrupted while it waits for that.
  const isAbandoned = (draw: number) => draw < 0.15 && !world.plan.ownClient
  // A round that is interrupted as it begins has ended, too.
  const act = Effect.acquireUseRelease(
    Effect.sync(() => {
      const round: Round = { process, began: world.history.moment(), ended: undefined }
      told.rounds.push(round)
      return round
    }),
    () => someRound(client, told),
    (round) => Effect.sync(() => void (round.ended = world.history.moment()))
  )
  return Random.nextRange(0, world.plan.callerPause).pipe(
    Effect.flatMap(Effect.sleep),
    Effect.zipRight(Random.next),
    Effect.flatMap((draw) => world.healing ? Effect.void : isAbandoned(draw) ? abandoned(world, act) : act),
    // What it is refused, both histories tell.
    Effect.catchAllCause(() => Effect.void),
    Effect.repeat({ until: () => world.healing }),
    Effect.asVoid,
    Effect.withRandom(Random.make(`${seed} ${process} second`))
  )
}

const someRound = (client: Client, told: SecondDatabase): Part =>
  Effect.flatMap(Random.next, (draw) =>
    draw < 0.3
      ? beside(client, told, inFirst(client, refusedBySecond(client, told)))
      : draw < 0.55
      ? beside(client, told, inSecond(client, told))
      : draw < 0.75
      ? beside(client, told, inFirst(client, nestedByOther(client, told)))
      : completeSome(client, told))

/** Does something while another fiber, which is in no transaction, enqueues into the second database, and enqueues there afterwards. */
const beside = (client: Client, told: SecondDatabase, some: Part): Part =>
  Effect.gen(function*() {
    const other = yield* Effect.fork(alone(client, told))
    yield* Effect.ignore(some)
    yield* Fiber.await(other)
    yield* alone(client, told)
  })

const pause = Effect.flatMap(Random.nextIntBetween(0, 30), (millis) => Effect.sleep(millis))

const sometimesFails = Effect.flatMap(
  Random.next,
  (draw) => draw < 0.4 ? Effect.fail("roll back" as const) : Effect.void
)

/** A transaction of the first database, with a job of its own and something else in it. */
const inFirst = (client: Client, some: Part): Part =>
  enclosed(
    client.world.history,
    client.process,
    enqueueFirst(client).pipe(Effect.zipRight(pause), Effect.zipRight(some), Effect.zipRight(sometimesFails))
  )

/** The other client's transaction inside one of the first is nested in that: Effect 3 cannot tell them apart. */
const nestedByOther = (client: Client, told: SecondDatabase): Part =>
  Effect.flatMap(Second, ({ sql }) =>
    enclosed(
      client.world.history,
      client.process,
      Effect.zipRight(enqueueFirst(client), Effect.zipRight(refusedBySecond(client, told), sometimesFails))
    ).pipe(Effect.provideService(SqlClient.SqlClient, sql), Effect.ignore))

/** A transaction of the second database, in which the first refuses a job. */
const inSecond = (client: Client, told: SecondDatabase): Part =>
  Effect.gen(function*() {
    const { sql } = yield* Second
    const id = yield* (yield* Ids).jobId
    told.jobs.set(id, "unknown")
    const { ownClient } = client.world.plan
    const transaction = enqueueSecond(client, id).pipe(
      Effect.zipRight(pause),
      Effect.zipRight(refusedByFirst(client, told)),
      Effect.zipRight(sometimesFails),
      sql.withTransaction
    )
    // An own client's COMMIT does not see that the file was replaced.
    const exit = yield* Effect.exit(ownClient ? transaction : asked(client, told, "a transaction", transaction))
    if (Exit.isSuccess(exit)) {
      told.jobs.set(id, "acknowledged")
      if (ownClient) told.committedUnseen.add(id)
    } else if (hasFailedWith(exit, (error) => error === "roll back")) told.jobs.set(id, "never added")
    else if (!isTrouble(exit.cause)) told.wrong.push(`a transaction of the second failed: ${Cause.pretty(exit.cause)}`)
  })

const alone = (client: Client, told: SecondDatabase): Part<never> =>
  Effect.gen(function*() {
    const id = yield* (yield* Ids).jobId
    told.jobs.set(id, "unknown")
    const exit = yield* Effect.exit(asked(client, told, "an enqueue", enqueueSecond(client, id)))
    if (Exit.isSuccess(exit)) told.jobs.set(id, "acknowledged")
    else if (!isTrouble(exit.cause)) {
      told.wrong.push(`${id} was refused outside of transactions: ${Cause.pretty(exit.cause)}`)
    }
  })

const refusedBySecond = (client: Client, told: SecondDatabase): Part<never> =>
  Effect.gen(function*() {
    const id = yield* (yield* Ids).jobId
    told.jobs.set(id, "never added")
    noteRefusal(told, id, yield* Effect.exit(enqueueSecond(client, id)))
  })

const refusedByFirst = (client: Client, told: SecondDatabase): Part<never> =>
  Effect.gen(function*() {
    const id = yield* (yield* Ids).jobId
    told.foreign.add(id)
    noteRefusal(told, id, yield* Effect.exit(enqueueFirst(client, id)))
  })

const noteRefusal = (told: SecondDatabase, id: string, exit: Exit.Exit<unknown, unknown>): void => {
  if (hasFailedWith(exit, (error) => error instanceof ForeignTransaction)) told.refused++
  else if (Exit.isSuccess(exit)) told.wrong.push(`${id} was taken inside a transaction of the other database`)
}

const hasFailedWith = (exit: Exit.Exit<unknown, unknown>, is: (error: unknown) => boolean): boolean =>
  Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), is)

/** Asks the second database outside of transactions, or to run one, and notes the answer. */
const asked = <A, E, R>(
  { process, world }: Client,
  told: SecondDatabase,
  what: string,
  ask: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const invoked = world.history.moment()
    return Effect.onExit(ask, (exit) =>
      Effect.sync(() =>
        void told.asked.push({ process, what, invoked, answered: world.history.moment(), answer: answerOf(exit) })
      ))
  })

const answerOf = (exit: Exit.Exit<unknown, unknown>): Asked["answer"] => {
  if (Exit.isSuccess(exit)) return "done"
  if (isReplaced(exit.cause)) return "replaced"
  const isRolledBack = hasFailedWith(exit, (error) => error === "roll back")
  return isRolledBack || isTrouble(exit.cause) ? "nothing" : "another error"
}

/**
 * Whether something else than the program ended it: an interruption, a lock, a
 * full disk, a file that was replaced. No other fault is made up for the second database.
 */
const isTrouble = (cause: Cause.Cause<unknown>): boolean =>
  Cause.isInterrupted(cause) || isReplaced(cause) || /SQLITE_(?:BUSY|FULL)/.test(causes(Cause.squash(cause)))

/** A store says it in its reason; a transaction, which is the client's, in its cause. */
const isReplaced = (cause: Cause.Cause<unknown>): boolean => {
  const error = Cause.squash(cause)
  return error instanceof StoreError
    ? error.reason === "databaseReplaced"
    : error instanceof SqlError.SqlError && Predicate.isTagged(error.cause, "DatabaseReplaced")
}

const work = { behaviour: "succeed", takes: 0, filler: "" } as const

const enqueueSecond = (client: Client, id: string) =>
  Effect.flatMap(Second, ({ queue }) => queue.enqueue(client.world.kinds.manual, work, { id }))

const enqueueFirst = ({ world }: Client, id?: string) =>
  Effect.gen(function*() {
    const jobId = id ?? (yield* (yield* Ids).jobId)
    world.known.push(jobId)
    yield* JobQueue.enqueue(world.kinds.steady, work, { id: jobId })
  })

/** Nobody else frees what is claimed here, so that one claim of each job is all that there may be. */
const completeSome = (client: Client, told: SecondDatabase): Part =>
  Effect.gen(function*() {
    const { queue } = yield* Second
    const claim = queue.claim({
      jobs: [client.world.kinds.manual],
      limit: 2,
      // Longer than any simulation.
      leaseFor: "3 days",
      worker: `second.${client.process}`
    })
    const claimed = yield* asked(client, told, "a claim", claim).pipe(
      Effect.tapErrorCause((cause) =>
        Effect.sync(() => {
          if (!isTrouble(cause)) told.wrong.push(`nothing could be claimed: ${Cause.pretty(cause)}`)
        })
      )
    )
    for (const { lease } of claimed) {
      if ((yield* Random.next) < 0.3) continue
      told.completed.set(lease.jobId, false)
      const exit = yield* Effect.exit(asked(client, told, "a settle", queue.complete(lease, "by hand")))
      if (Exit.isSuccess(exit)) told.completed.set(lease.jobId, true)
      else if (!isTrouble(exit.cause)) {
        told.wrong.push(`${lease.jobId} could not be completed: ${Cause.pretty(exit.cause)}`)
      }
    }
  })
