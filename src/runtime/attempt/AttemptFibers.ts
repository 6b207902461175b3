import type { Fiber, Scope, Tracer } from "effect"
import { Effect, FiberRef, FiberRefs, HashMap, Option, Runtime } from "effect"
import type { Attempt } from "./Attempt.ts"

/** Starts the fibers of one attempt: their lines name its job, and their spans are children of its own. */
export class AttemptFibers {
  /** The span of the attempt, once it has begun. */
  span: Option.Option<Tracer.Span> = Option.none()
  private readonly attempt: Attempt
  private annotations: Annotations | undefined

  constructor(attempt: Attempt) {
    this.attempt = attempt
  }

  /** Starts an interruptible fiber. Closing `scope` interrupts it. */
  fork<A, E>(effect: Effect.Effect<A, E>, scope?: Scope.Scope): Fiber.RuntimeFiber<A, E> {
    return this.forkFrom(this.attempt.host.runtime, this.inSpan(effect), scope)
  }

  /** The same for a fiber that inherits from a runtime of its own. */
  forkFrom<A, E, R>(
    runtime: Runtime.Runtime<R>,
    effect: Effect.Effect<A, E, R>,
    scope?: Scope.Scope
  ): Fiber.RuntimeFiber<A, E> {
    return Runtime.runFork(runtime, effect, {
      immediate: false,
      // As `Effect.annotateLogs` would, at a fraction of its time.
      updateRefs: (refs, fiberId) =>
        FiberRefs.updateAs(refs, {
          fiberId,
          fiberRef: FiberRef.currentLogAnnotations,
          value: this.annotations ??= namesOf(
            this.attempt,
            FiberRefs.getOrDefault(refs, FiberRef.currentLogAnnotations)
          )
        }),
      ...scope === undefined ? {} : { scope }
    })
  }

  /** Runs an effect of another fiber as a part of this attempt's span. */
  inSpan<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Option.isNone(this.span) ? effect : Effect.withParentSpan<A, E, never>(effect, this.span.value)
  }
}

type Annotations = HashMap.HashMap<string, unknown>

/** The names in the lines of an attempt, besides those in its worker's. */
const namesOf = ({ job: { kind, lease: { attempt, jobId } } }: Attempt, ofWorker: Annotations): Annotations =>
  HashMap.mutate(ofWorker, (names) => {
    HashMap.set<string, unknown>(names, "jobId", jobId)
    HashMap.set<string, unknown>(names, "kind", kind)
    HashMap.set<string, unknown>(names, "attempt", attempt)
  })
