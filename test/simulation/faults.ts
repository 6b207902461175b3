import type { PCGRandom } from "effect/Utils"
import type { World } from "./World.ts"

/** Every kind of trouble there is. Each seed draws which of them it has. */
export const faultClasses = [
  "fail before",
  "fail after",
  "latency",
  "stall",
  "defect",
  "outage",
  "busy",
  "full",
  "refusing row",
  "foreign row",
  "newer schema",
  "file replaced",
  "kill",
  "terminate",
  "pause",
  "clock jump",
  "clock skew"
] as const
export type FaultClass = typeof faultClasses[number]

/** What befalls one call of a store operation. Spans are milliseconds. */
export type CallFault =
  | { readonly class: "fail before" | "fail after" | "defect" }
  | { readonly class: "latency"; readonly before: number; readonly after: number }
  | {
    readonly class: "stall"
    readonly millis: number
    /** Whether what was asked is done before the wait or after it. */
    readonly done: "before" | "after"
    readonly interruptible: boolean
  }

/** How likely each fault of a call is. */
export type CallFaultRates = Readonly<Record<CallFault["class"], number>>

/**
 * Draws the fault of the n-th call of an operation on a machine. It depends on
 * nothing else, so that a run without some of the faults has the others still.
 */
export const drawCallFault = (
  world: World,
  rates: CallFaultRates,
  name: string
): CallFault | undefined => {
  const random = world.stream("call", name)
  let draw = random.number()
  for (const fault of ["stall", "defect", "fail before", "fail after", "latency"] as const) {
    draw -= rates[fault]
    if (draw < 0) return callFault(fault, random)
  }
  return undefined
}

const callFault = (fault: CallFault["class"], random: PCGRandom): CallFault => {
  switch (fault) {
    case "latency":
      // Mostly a few milliseconds, sometimes a few hundred.
      return { class: fault, before: skewed(random, 300), after: 1 + skewed(random, 300) }
    case "stall":
      return {
        class: fault,
        millis: 5000 + random.integer(85_000),
        done: random.number() < 0.5 ? "before" : "after",
        interruptible: random.number() < 0.5
      }
    case "fail before":
    case "fail after":
    case "defect":
      return { class: fault }
  }
}

const skewed = (random: PCGRandom, most: number) => Math.floor(random.number() ** 4 * most)

/** One of some, each as likely. */
export const pick = <A>(random: PCGRandom, some: readonly [A, ...ReadonlyArray<A>]): A =>
  some[Math.floor(random.number() * some.length)] ?? some[0]
