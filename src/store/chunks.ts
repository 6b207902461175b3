import { Effect } from "effect"
import type { NewJob } from "./JobStore.ts"

/**
 * So many jobs at once that their JSON is one parameter of at most some tens of MiB, as V8 holds no text of 512, and
 * that the event loop is not held up for longer than some tens of milliseconds.
 */
export const inChunks = (jobs: ReadonlyArray<NewJob>): ReadonlyArray<ReadonlyArray<NewJob>> => {
  const chunks: Array<Array<NewJob>> = []
  let room = 0
  for (const job of jobs) {
    const last = chunks.at(-1)
    if (last === undefined || last.length === chunkLength || room < job.payload.length) {
      chunks.push([job])
      room = chunkSize - job.payload.length
    } else {
      last.push(job)
      room -= job.payload.length
    }
  }
  return chunks
}

const chunkLength = 1000
const chunkSize = 16 * 1024 * 1024

/** What runs for each chunk, with a turn of the event loop between two: the driver gives none to timers and sockets. */
export const eachInTurn = <Chunk, A, E, R>(
  chunks: ReadonlyArray<Chunk>,
  run: (chunk: Chunk) => Effect.Effect<A, E, R>
) => Effect.forEach(chunks, (chunk, index) => Effect.zipRight(index === 0 ? Effect.void : Effect.sleep(0), run(chunk)))
