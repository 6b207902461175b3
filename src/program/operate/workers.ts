import { Effect } from "effect"
import { answer, roomOn } from "../../cli/answer.ts"
import { describeWorkers } from "../../cli/describeWorkers.ts"
import { queueToRead } from "../../cli/openQueue.ts"
import type { Streams } from "../../cli/Streams.ts"
import { isWholeList } from "../../domain/WorkerRecord.ts"
import { JobQueue } from "../../index.ts"

/** Prints the workers of every process, dead ones of the last hour too. */
export const workers = (json: boolean, { stdout }: Streams) =>
  Effect.gen(function*() {
    const found = yield* JobQueue.workers
    const isWhole = isWholeList(found)
    yield* answer(json, { workers: found, isWhole }, () => describeWorkers(found, isWhole, roomOn(stdout)))
  }).pipe(Effect.provide(queueToRead))
