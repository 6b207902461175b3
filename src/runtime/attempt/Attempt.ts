import type { Deferred, Duration, Option } from "effect"
import { Effect } from "effect"
import type { HandlerService } from "../../domain/Job.ts"
import type { StopReason } from "../../domain/Outcome.ts"
import type { ClaimedJob } from "../../store/JobStore.ts"
import { LoopWatch } from "../telemetry/LoopWatch.ts"
import type { Stall } from "../telemetry/Stall.ts"
import type { KeptLease } from "./heartbeat.ts"

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
  /** Succeeds when something wants the handler to stop; the first reason counts. */
  readonly stopRequest: Deferred.Deferred<StopReason>
  /** Gets the lease once a heartbeat keeps it. */
  readonly onKept: (lease: KeptLease) => Effect.Effect<void>
  /** Comes when the grace of the worker's shutdown is over. */
  readonly graceOver: Effect.Effect<void>
}

/** The stall of the event loop that may have cost an attempt its lease. */
export const blame = ({ leaseFor }: Pick<Attempt, "leaseFor">): Effect.Effect<Option.Option<Stall>> =>
  Effect.flatMap(LoopWatch, (loopWatch) => loopWatch.blame(leaseFor))
