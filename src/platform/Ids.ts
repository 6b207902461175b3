import { Clock, Context, Effect } from "effect"
import { randomBytes } from "node:crypto"
import { hostname } from "node:os"
import { v7 } from "uuid"
import type { JobId } from "../domain/JobId.ts"

/** Names that nothing else has: jobs' ids and workers' incarnations. */
export interface IdsService {
  /** A version 7 UUID, later than all before it in this process, also within one millisecond and when the clock goes back. */
  readonly jobId: Effect.Effect<JobId>
  /** The same at once, for now in epoch milliseconds. */
  readonly jobIdAt: (now: number) => JobId
  /**
   * Who holds a lease: `host:pid:incarnation`, the last 128 random bits. A
   * restarted process is another worker, even under the same pid.
   */
  readonly workerId: Effect.Effect<string>
}

/** Replaceable, so that a simulation may draw ids from its own seed. */
export class Ids extends Context.Reference<Ids>()("holdfast/platform/Ids", {
  defaultValue: (): IdsService => makeIds()
}) {}

/** Ids whose random part is drawn from `bytes`, which must be unpredictable wherever two processes share a database. */
export const makeIds = (bytes?: (size: number) => Uint8Array): IdsService => {
  const draw = bytes ?? randomBytes
  // By itself uuid draws for many ids at once: a small draw costs as much as a large one.
  const source = bytes === undefined ? {} : { rng: () => bytes(16) }
  let millis = 0
  let sequence = 0
  const jobIdAt = (now: number) => {
    if (now > millis) {
      millis = now
      // Half of the 32 bits are left to count with.
      sequence = Buffer.from(draw(4)).readUInt32BE() >>> 1
    } else {
      sequence = (sequence + 1) >>> 0
      if (sequence === 0) millis += 1
    }
    return v7({ msecs: millis, seq: sequence, ...source }) as JobId
  }
  return {
    jobId: Effect.map(Clock.currentTimeMillis, jobIdAt),
    jobIdAt,
    workerId: Effect.sync(() => `${hostname()}:${process.pid}:${Buffer.from(draw(16)).toString("hex")}`)
  }
}
