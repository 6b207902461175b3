import type { Effect, Scope } from "effect"

/**
 * Shows to other processes of this machine that a worker lives, and tells which of
 * their workers have died. It goes by positive evidence alone. A file that is missing,
 * a wait for an answer, another host or another namespace means nothing: then a
 * lease ends when it is over.
 */
export interface Presence {
  /**
   * Shows that this worker's process lives, from now until the process ends or
   * the answered effect runs. Run that only once the worker holds no lease: others
   * would free its jobs. A handler that does not stop still holds one.
   */
  readonly show: (worker: string) => Effect.Effect<Effect.Effect<void>>
  /** Runs `changed` soon after a worker of another process has come or gone, until the scope closes. A hint: it may be lost. */
  readonly watch: (changed: Effect.Effect<void>) => Effect.Effect<void, never, Scope.Scope>
  /** True if some worker is known to be gone. If false, no lease needs to be read. */
  readonly anyGone: Effect.Effect<boolean>
  /**
   * Those of these workers whose processes are gone for certain. Read their leases before, and free just those: a worker
   * shows itself before it claims, so one that had a lease then and is gone now never comes back for it.
   */
  readonly gone: (workers: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>>
  /** Forgets what is left of workers that are gone and hold no lease. `holders` reads who holds one; nothing is forgotten if those are not all. */
  readonly tidy: <E>(holders: Effect.Effect<Holders, E>) => Effect.Effect<void, E>
}

/** Workers that hold leases. */
export interface Holders {
  readonly workers: ReadonlySet<string>
  readonly areAll: boolean
}
