import type { Fiber } from "effect"
import { GlobalValue } from "effect"

/**
 * Where Effect keeps each fiber without a parent until it ends. Not a part of its
 * interface: should it move, long runs of many seeds need more memory.
 */
const { roots } = GlobalValue.globalValue(
  Symbol.for("effect/FiberScope/Global"),
  () => ({ roots: new Set<Fiber.RuntimeFiber<unknown, unknown>>() })
)

/**
 * Runs a simulation, which must do all its work at once, free of what the real
 * process would add to it, and keeps nothing of it.
 */
export const isolated = <A>(run: () => A): A => {
  const { setInterval } = globalThis
  const { stackTraceLimit } = Error
  // oxlint-disable-next-line typescript/unbound-method -- it is put back as it was
  const prepareStackTrace = Error.prepareStackTrace
  const before = new Set(roots)
  // Errors carry no stacks: rows keep them, they differ from place to place, and making them took a third of the time.
  Error.stackTraceLimit = 0
  Error.prepareStackTrace = String
  // `Effect.never` keeps its process alive by an interval, which nobody clears in a simulated one that is killed.
  globalThis.setInterval = (() => undefined) as never
  try {
    return run()
  } finally {
    globalThis.setInterval = setInterval
    Error.stackTraceLimit = stackTraceLimit
    Error.prepareStackTrace = prepareStackTrace
    // Those of a process that was killed never end.
    for (const fiber of roots) if (!before.has(fiber)) roots.delete(fiber)
  }
}
