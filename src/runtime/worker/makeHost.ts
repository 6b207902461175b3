import type { Scope } from "effect"
import { Context, Effect, Option, Runtime, RuntimeFlags } from "effect"
import type { HandlerService } from "../../domain/Job.ts"
import { EventLoop } from "../../platform/EventLoop.ts"
import { toMillis } from "../../platform/monotonic.ts"
import { isTraced } from "../../store/guardTelemetry.ts"
import { JobStore } from "../../store/JobStore.ts"
import type { Host } from "../attempt/Attempt.ts"
import { makeExtend } from "../lease/beats.ts"
import { HeldLeases } from "../lease/HeldLeases.ts"
import { makeWakeUps } from "../lease/wakeUps.ts"
import { makeSettles } from "../attempt/settles.ts"
import { LoopWatch } from "../telemetry/LoopWatch.ts"
import type { Slots } from "./Slots.ts"
import type { WorkerSettings } from "./WorkerSettings.ts"

/** The part of a worker that its attempts see. Call it in the fiber whose loggers, clock and scheduler they should inherit. */
export const makeHost = ({ graceOver, settings: { claimAhead, heartbeatInterval }, slots, worker }: {
  readonly settings: WorkerSettings
  /** The name under which its leases are claimed. */
  readonly worker: string
  readonly slots: Pick<Slots, "mostInAll">
  /** Succeeds when the grace of the worker's shutdown is over. */
  readonly graceOver: Effect.Effect<void>
}): Effect.Effect<Host, never, JobStore | Scope.Scope> =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const clock = yield* Effect.clock
    const { turn } = yield* EventLoop
    // Fibers of attempts are interruptible, also if the worker was started where nothing is.
    const interruptibly = Runtime.enableRuntimeFlag(RuntimeFlags.Interruption)
    const handlersRuntime = interruptibly(yield* Effect.runtime())
    // A fiber that fails logs its whole error by itself. The error of a handler is an outcome, and may show the payload.
    const runtime = Effect.withUnhandledErrorLogLevel(Effect.runtime(), Option.none())
    const wakeUps = yield* makeWakeUps(heartbeatInterval)
    const services = new Map<HandlerService, Context.Context<never>>()
    return {
      store,
      runtime: interruptibly(yield* runtime),
      heartsRuntime: interruptibly(yield* Effect.withClock(runtime, wakeUps.clock)),
      handlersRuntime,
      // Merged once for each handler and not for each job.
      servicesOf: (handler) => {
        const merged = services.get(handler) ?? Context.merge(handlersRuntime.context, handler.services)
        services.set(handler, merged)
        return merged
      },
      now: () => toMillis(clock.unsafeCurrentTimeNanos()),
      isTraced: yield* isTraced,
      heartbeatInterval,
      wakeUps,
      extend: yield* makeExtend(store),
      settles: yield* makeSettles(store, { graceOver, gathering: claimAhead > 0 ? turn : Effect.void }),
      heldLeases: yield* HeldLeases,
      keptByThread: yield* store.leaseKeeper?.open({
        name: worker,
        capacity: slots.mostInAll
      }) ?? Effect.succeed(undefined),
      loopWatch: yield* LoopWatch
    }
  })
