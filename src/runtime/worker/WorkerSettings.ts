import type { Duration } from "effect"
import { Option } from "effect"
import type * as Job from "../../domain/Job.ts"
import type { Retention } from "../maintenance/maintenance.ts"

/** The settings of a kind that its definition or else its worker names, in milliseconds. */
export interface KindSettings {
  /** The length of a lease. */
  readonly leaseFor: number
  /** The longest block of the event loop in which a lease is extended. */
  readonly stallLimit: number
}

/** A worker's options, checked and complete. */
export interface WorkerSettings<Jobs extends ReadonlyArray<Job.Any> = ReadonlyArray<Job.Any>> {
  /** The definition of each kind. */
  readonly kinds: ReadonlyMap<string, KindSettings & { readonly job: Jobs[number] }>
  readonly concurrency: number
  /** The most jobs that wait, claimed, for a place. */
  readonly claimAhead: number
  readonly queues: Option.Option<ReadonlyMap<string, number>>
  readonly heartbeatInterval: Duration.Duration
  readonly pollInterval: Duration.Duration
  readonly staleCheckInterval: Duration.Duration
  readonly shutdownGrace: Duration.Duration
  readonly retention: Retention
  /** The most claims in all; Infinity for no limit. */
  readonly maxJobs: number
  readonly once: boolean
}

/** True for a lane that a worker claims from. */
export const claimsFrom =
  ({ kinds, queues }: Pick<WorkerSettings, "kinds" | "queues">) =>
  ({ kind, queue }: { readonly queue: string; readonly kind: string }) =>
    kinds.has(kind) && Option.match(queues, { onNone: () => true, onSome: (limits) => limits.has(queue) })
