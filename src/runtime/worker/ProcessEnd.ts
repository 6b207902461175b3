import type { Duration, Scope } from "effect"
import { Context, Deferred, Effect } from "effect"
import type { Shutdown } from "./drain.ts"

/** A worker, as a process sees it that has to end. */
export interface EndingWorker {
  readonly shutdown: Shutdown
  readonly grace: Duration.Duration
  /** Shortens its leases to 5 s before it returns. */
  readonly cutLeases: () => void
  /** Names the jobs that still run, and lets go of their leases. */
  readonly leaveBehind: Effect.Effect<void>
}

/** Tells all workers of a process to end. Nothing here waits, so that a listener of the process can do it. */
export interface ProcessEndService {
  /** Takes part until the scope closes. A worker that comes when the process is ending is told at once. */
  readonly listen: (worker: EndingWorker) => Effect.Effect<void, never, Scope.Scope>
  /** The workers that take part. */
  readonly workers: ReadonlySet<EndingWorker>
  /** Has every worker drain. */
  readonly begin: Effect.Effect<void>
  /** Ends every worker's grace. */
  readonly endGrace: Effect.Effect<void>
  /** The process goes on after all, with workers that come from now on. */
  readonly callOff: Effect.Effect<void>
}

/** Replaceable, so that a simulation may run several processes in one. */
export class ProcessEnd extends Context.Reference<ProcessEnd>()("holdfast/runtime/worker/ProcessEnd", {
  defaultValue: (): ProcessEndService => makeProcessEnd()
}) {}

/** The end of one process. */
export const makeProcessEnd = (): ProcessEndService => {
  const workers = new Set<EndingWorker>()
  let told: ReadonlyArray<keyof Shutdown> = []
  const tell = ({ shutdown }: EndingWorker) => {
    for (const what of told) Deferred.unsafeDone(shutdown[what], Effect.void)
  }
  const tellAll = (...what: ReadonlyArray<keyof Shutdown>) =>
    Effect.sync(() => {
      told = what
      for (const worker of workers) tell(worker)
    })
  return {
    listen: (worker) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          workers.add(worker)
          tell(worker)
        }),
        () => Effect.sync(() => void workers.delete(worker))
      ),
    workers,
    begin: tellAll("began"),
    endGrace: tellAll("began", "graceOver"),
    callOff: tellAll()
  }
}
