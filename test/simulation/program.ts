import { SqlClient } from "@effect/sql"
import { Cause, Context, Effect, HashMap, Layer, Logger, LogLevel, Option } from "effect"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"
import type { StoreOperation } from "../../src/testing/StoreFaults.ts"
import { caller } from "./callers.ts"
import { client } from "./clients.ts"
import { faultyStore } from "./faultyStore.ts"
import type { History } from "./History.ts"
import { handlers } from "./jobs.ts"
import { simulatedKeeper } from "./keeper.ts"
import { mortal } from "./mortal.ts"
import { Second, secondClient, secondStore } from "./secondClient.ts"
import type { Presences } from "./presence.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"
import { thrown } from "./telemetry.ts"
import type { ClientWorld } from "./work.ts"
import type { World } from "./World.ts"

/** What a program is given of the fleet that it runs in. */
export interface ProgramOptions {
  readonly world: World
  readonly history: History
  readonly clients: ClientWorld
  readonly process: SimulatedProcess
  /** The database file. */
  readonly filename: string
  /** The file of its second database, if it has one. */
  readonly second: string | undefined
  /** When its worker ends by itself. */
  readonly limits: Worker.Limits
  /** Whether this call of the store is one of those that may fail now. */
  readonly allows: (name: string) => boolean
  /** Whether the whole database is out of its machine's reach. */
  readonly out: () => boolean
  /** Counts the calls of its machine. */
  readonly count: (operation: StoreOperation) => number
  /** What the workers of the fleet see of each other. */
  readonly presences: Presences
  /** Keeps the process's event loop busy for some milliseconds. */
  readonly block: (millis: number) => void
}

/** The program of each process: the real runtime over the real store, with clients beside the worker. */
export const program = (options: ProgramOptions) => {
  const { clients, filename, history, limits, presences, process, second, world } = options
  const { kinds, plan } = clients
  const { worker } = plan
  return Effect.gen(function*() {
    const user = { world: clients, process: process.name, leases: [] }
    yield* Effect.forkScoped(client(user))
    yield* Effect.forkScoped(caller(user, world.seed))
    const both = yield* Effect.serviceOption(Second)
    if (Option.isSome(both)) {
      yield* Effect.forkScoped(
        Effect.provideService(secondClient(user, history.second, world.seed), Second, both.value)
      )
    }
    const settings = {
      jobs: [kinds.steady, kinds.brief, kinds.timed, kinds.once] as const,
      concurrency: worker.concurrency,
      claimAhead: worker.claimAhead,
      ...(worker.queues === undefined ? {} : { queues: worker.queues }),
      leaseFor: worker.lease,
      heartbeatInterval: worker.heartbeatInterval,
      pollInterval: worker.pollInterval,
      staleCheckInterval: worker.staleCheckInterval,
      shutdownGrace: worker.shutdownGrace,
      stallLimit: worker.stallLimit,
      retention: { succeeded: worker.retention, failed: worker.retention, cancelled: worker.retention }
    }
    const isLayer = plan.layers && Object.keys(limits).length === 0
    const running = isLayer
      ? mortal(world, history, process.name)(
        Layer.launch(Worker.layer({ ...settings, onEnd: () => endsWith(process) }))
      )
      : Worker.run({ ...limits, ...settings })
    yield* plan.throws ? thrown(world, history, process.name)(running) : running
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.scopedContext(Effect.gen(function*() {
      // In one build, where a layer that is shared by mistake would be; and one after the other, since what `provideMerge`
      // builds for two, Effect 3 never closes when the second is interrupted as it gets it.
      const memo = yield* Layer.makeMemoMap
      const scope = yield* Effect.scope
      const build = <A, E, R>(layer: Layer.Layer<A, E, R>) => Layer.buildWithMemoMap(layer, memo, scope)
      // So that an operation is sometimes given up.
      const store = yield* build(SqliteStore.layer({ filename, synchronous: "normal", busyTimeout: "5 seconds" }))
      const keeper = plan.keeper === "none"
        ? undefined
        : simulatedKeeper(
          { ...options, plan: plan.keeper },
          Context.get(store, SqlClient.SqlClient).withoutTransforms()
        )
      const faulty = yield* Effect.provide(
        build(
          faultyStore({
            ...options,
            rates: plan.rates,
            claimBytes: plan.claimBytes,
            keeper,
            presence: presences.of(process)
          })
        ),
        store
      )
      const first = Context.merge(store, faulty)
      const queue = yield* Effect.provide(build(JobQueue.layer), first)
      const ours = Context.merge(first, queue)
      const handling = handlers(kinds, { history, process: process.name, block: options.block })
      const handled = Context.merge(ours, yield* Effect.provide(build(handling), ours))
      return second === undefined ? handled : Context.merge(handled, yield* build(secondStore(second, plan.ownClient)))
    }))),
    Effect.provide(logs(history, process)),
    Effect.withUnhandledErrorLogLevel(Option.some(LogLevel.Warning))
  )
}

/** An app that has nothing to do without its worker ends with it. */
const endsWith = (process: SimulatedProcess) => Effect.sync(() => process.interrupt())

/** How Effect logs a fiber that failed. */
const unhandled = "Fiber terminated with an unhandled error"

/** Counts warnings by what they say; a fatal line is a defect of ours. */
const logs = ({ deaths, warnings }: History, process: SimulatedProcess) =>
  Layer.merge(
    Logger.replace(
      Logger.defaultLogger,
      Logger.make((options) => {
        const message = [options.message].flat().map(String).join(" ")
        const ours = !/simulated defect|scripted failure/.test(Cause.pretty(options.cause))
        if (message.startsWith(unhandled)) {
          // Whoever waits for a fiber that fails sees that it did; one that dies in the background nobody sees.
          if (Cause.isDie(options.cause) && ours) deaths.push(`${process.name}: ${Cause.pretty(options.cause)}`)
          return
        }
        const why = HashMap.get(options.annotations, "reason").pipe(
          Option.orElse(() => HashMap.get(options.annotations, "step"))
        )
        const line = Option.match(why, { onNone: () => message, onSome: (why) => `${message}: ${String(why)}` })
        warnings.set(line, (warnings.get(line) ?? 0) + 1)
        // A worker whose tables are newer ends for good, which is judged by itself.
        if (LogLevel.greaterThanEqual(options.logLevel, LogLevel.Fatal) && !line.endsWith(": newerSchema")) {
          deaths.push(`${process.name}: ${message} ${Cause.pretty(options.cause)}`)
        }
      })
    ),
    Logger.minimumLogLevel(LogLevel.Warning)
  )
