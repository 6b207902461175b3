import { Console, Effect, Layer } from "effect"
import { JobQueue, Worker } from "holdfast"
import { SqliteStore } from "holdfast/sqlite"
import { Double, doubling } from "./double.ts"

const store = SqliteStore.layer({ filename: process.argv[2] ?? "" })

const program = Effect.gen(function*() {
  const { id } = yield* JobQueue.enqueue(Double, { number: 21 })
  yield* Worker.run({ jobs: [Double], once: true })
  const { result, status } = yield* JobQueue.get(id)
  yield* Console.log("The job", status, "with", result)
})

void program.pipe(
  Effect.provide(Layer.provideMerge(Layer.merge(doubling, JobQueue.layer), store)),
  Effect.runPromise
)
