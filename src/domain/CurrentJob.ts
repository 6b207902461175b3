import type { DateTime, Effect } from "effect"
import { Context } from "effect"
import type { ForeignTransaction, InvalidJob, LeaseLost, StoreError } from "./errors.ts"
import type { JobId } from "./JobId.ts"
import type { Lease } from "./Lease.ts"

/** The job a handler is working on. Every handler has it; nothing else does. */
export class CurrentJob extends Context.Tag("holdfast/domain/CurrentJob")<CurrentJob, {
  readonly id: JobId
  readonly kind: string
  readonly queue: string
  readonly partitionKey: string | null
  /** 1 on the first claim. Also counts snoozes and shutdowns. */
  readonly attempt: number
  /** Rises with each attempt. Give it to outside systems that can refuse an older one. */
  readonly fencingToken: number
  /** The lease as claimed. Extensions do not change it. */
  readonly lease: Lease
  /** When the handler will be interrupted unless the heartbeat gets through before; moves with every extension. */
  readonly deadline: Effect.Effect<DateTime.Utc>
  /** Replaces the job's progress with a JSON value of at most 1 MiB. Fails with LeaseLost once the job is not ours. */
  readonly progress: (
    value: unknown
  ) => Effect.Effect<void, LeaseLost | InvalidJob | ForeignTransaction | StoreError>
}>() {}
