import type { Duration, Option } from "effect"
import { Effect } from "effect"
import type { HandlerService } from "../../domain/Job.ts"
import type { ClaimedJob } from "../../store/JobStore.ts"
import { LoopWatch } from "../telemetry/LoopWatch.ts"
import type { Stall } from "../../domain/Stall.ts"
import type { KeptLease } from "./heartbeat.ts"
import type { LateHearts } from "./lateHearts.ts"
import type { Settles } from "./settles.ts"
import type { StopRequest } from "./StopRequest.ts"

/** One claimed job and what it takes to run it. */
export interface Attempt {
  readonly job: ClaimedJob
  readonly handler: HandlerService
  /** Milliseconds. */
  readonly leaseFor: number
  readonly heartbeatInterval: Duration.Duration
  /** Monotonic milliseconds, read before the claim was sent. */
  readonly claimSentAt: number
  /** False if nobody waits for the claim any more: the job is handed back, and its handler does not run. */
  readonly begins: boolean
  readonly stopRequest: StopRequest
  /** Gets the lease once a heartbeat keeps it. */
  readonly onKept: (lease: KeptLease) => Effect.Effect<void>
  /** Of the worker. */
  readonly lateHearts: LateHearts
  readonly settles: Settles
}

/** The stall of the event loop that may have cost an attempt its lease. */
export const blame = ({ leaseFor }: Pick<Attempt, "leaseFor">): Effect.Effect<Option.Option<Stall>> =>
  Effect.flatMap(LoopWatch, (loopWatch) => loopWatch.blame(leaseFor))
