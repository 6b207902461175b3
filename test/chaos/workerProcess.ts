// Not from the barrel, which takes longer to load than everything else.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Effect, Layer, Logger, LogLevel } from "effect"
import { Socket } from "node:net"
import { CurrentJob, handleSignals, JobQueue, neverRetry, snooze, Worker } from "../../src/index.ts"
import { Store } from "../../src/store.ts"
import {
  Act,
  aliveEvery,
  busyTimeout,
  graceFor,
  hardEndAfterGrace,
  hardEndOnPostgres,
  heartbeatEvery,
  leaseFor,
  staleCheckEvery
} from "./jobs.ts"
import { openJournal } from "./journal.ts"
import { carryParcels, produce } from "./load.ts"
import { recordedStore } from "./recordedStore.ts"
import type { ChaosWorkerOptions } from "./workers.ts"

/*
 * A worker of the chaos run, which also enqueues. Everything it does is in its
 * journal. Standard input says whether it is to enqueue, and its end that nobody
 * is left to work for.
 */

const options = JSON.parse(process.argv[2] ?? "{}") as ChaosWorkerOptions

const isPostgres = options.database.startsWith("postgres:")

const note = openJournal(options.journal)

let mayProduce = options.produce
process.stdin.setEncoding("utf8").on("data", (text: string) => {
  mayProduce = text.trimEnd().endsWith("produce")
  if (!mayProduce) note({ note: "resting" })
}).on("end", () => process.exit(1))
// A pipe; it must not keep alive what has nothing else to do.
if (process.stdin instanceof Socket) process.stdin.unref()

// Told when a file may not grow any further; the write fails as well, and that is what is to be seen.
process.on("SIGXFSZ", () => {})

setInterval(() => note({ note: "alive" }), aliveEvery).unref()

process.on("exit", () => note({ note: "over" }))

const ActLive = Act.toLayer(({ millis, script, times }) =>
  Effect.gen(function*() {
    const { id: job, lease: { attempt, failures, worker }, progress } = yield* CurrentJob
    note({ note: "began", job, attempt, worker })
    yield* Effect.gen(function*() {
      if (millis > leaseFor) yield* progress({ attempt })
      yield* Effect.sleep(millis)
      if (script === "recover" && failures < times) return yield* Effect.fail("scripted failure")
      if (script === "die") return yield* Effect.dieMessage("scripted failure")
      if (script === "snooze" && attempt <= times) return yield* snooze("300 millis")
      if (script === "refuse") return yield* neverRetry("scripted failure")
    }).pipe(
      Effect.onExit(({ _tag }) => Effect.sync(() => note({ note: "ended", how: _tag, job, attempt, worker })))
    )
  })
)

const worker = Worker.run({
  jobs: [Act],
  concurrency: 8,
  leaseFor: options.leaseFor,
  heartbeatInterval: heartbeatEvery,
  pollInterval: 100,
  staleCheckInterval: staleCheckEvery,
  shutdownGrace: graceFor
})

Effect.gen(function*() {
  note({ note: "up" })
  yield* Effect.all([
    worker,
    produce({ note, mayProduce: () => mayProduce, every: options.produceEvery, padding: " ".repeat(options.padding) }),
    carryParcels
  ], { concurrency: "unbounded", discard: true })
}).pipe(
  Effect.provide(
    ActLive.pipe(
      Layer.provideMerge(JobQueue.layer),
      Layer.provideMerge(recordedStore(note)),
      Layer.provideMerge(
        Store.fromUrl(isPostgres ? options.database : `sqlite:${options.database}`, {
          sqlite: { busyTimeout },
          // Each handler may hold one, and one listens. Who is told to end waits for the statement of an enqueue.
          postgres: { statementTimeout: "3 seconds", connectTimeout: "1 second", maxConnections: 12 }
        })
      )
    )
  ),
  handleSignals({ exitAfterGrace: isPostgres ? hardEndOnPostgres : hardEndAfterGrace }),
  Effect.tapErrorCause((cause) => Cause.isInterruptedOnly(cause) ? Effect.void : Effect.logError("Ended", cause)),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))),
  Logger.withMinimumLogLevel(LogLevel.Warning),
  NodeRuntime.runMain({ disablePrettyLogger: true, disableErrorReporting: true })
)
