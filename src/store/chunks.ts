import { Effect } from "effect"
import { EventLoop } from "../platform/EventLoop.ts"

/**
 * So many jobs at once that their JSON is one parameter of at most some tens of MiB, as V8 holds no text of 512, and
 * that the event loop is not held up for longer than some tens of milliseconds.
 */
export const inChunks = <A extends { readonly payload: string | null }>(
  jobs: ReadonlyArray<A>
): ReadonlyArray<ReadonlyArray<A>> => {
  const chunks: Array<Array<A>> = []
  let room = 0
  for (const job of jobs) {
    const last = chunks.at(-1)
    const size = job.payload?.length ?? 0
    if (last === undefined || last.length === chunkLength || room < size) {
      chunks.push([job])
      room = chunkSize - size
    } else {
      last.push(job)
      room -= size
    }
  }
  return chunks
}

/**
 * The bounds of what several callers write in one call: so many jobs take some
 * 10 ms of the event loop, and so many bytes of JSON (counted as letters) as long.
 */
export const together = { most: 250, mostBytes: 1024 * 1024 }

const chunkLength = 1000
const chunkSize = 16 * 1024 * 1024

/** Runs an effect for each chunk. Lets the event loop turn between two, since each takes about as long as one turn should. */
export const eachInTurn = <Chunk, A, E, R>(
  chunks: ReadonlyArray<Chunk>,
  run: (chunk: Chunk) => Effect.Effect<A, E, R>
) =>
  Effect.flatMap(
    EventLoop,
    ({ turn }) =>
      Effect.forEach(chunks, (chunk, index) => Effect.zipRight(index === 0 ? Effect.void : turn, run(chunk)))
  )
