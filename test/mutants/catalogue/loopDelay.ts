import type { Mutant } from "../Mutant.ts"

const file = "src/runtime/telemetry/LoopWatch.ts"
const killedBy = ["test/runtime/loopDelay.test.ts"]
const real = ["test/platform/LoopDelay.test.ts"]

/** What is told of an event loop that stands. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A loop that has stood until just now is blamed for nothing",
    file,
    find: "stallOf(overdue(), computed(), now)",
    replace: "stallOf(overdue() * 0, computed(), now)",
    killedBy
  },
  {
    name: "A loop that stood before a lease began is blamed for its loss",
    file,
    find: "endedAt > now - leaseFor",
    replace: "endedAt > now - 2 * leaseFor",
    killedBy
  },
  {
    name: "A loop that stands is told of each time",
    file,
    find: "longestTold = millis\n",
    replace: "",
    killedBy
  },
  {
    name: "A worker that has ended is the one to tell that the loop stood",
    file,
    find: "() => Effect.sync(() => workers.delete(worker))",
    replace: "() => Effect.void",
    killedBy
  },
  {
    name: "A loop is told of when it has cost a lease, and not before",
    file,
    find: "millis >= canCost(leaseFor) / 2",
    replace: "millis >= canCost(leaseFor)",
    killedBy
  },
  {
    name: "A loop is told of as if no lease were ever shortened by a drain",
    file,
    find: "Math.min(leaseFor, 30_000) / 4",
    replace: "leaseFor / 4",
    killedBy
  },
  {
    name: "A kind that ended as the loop went on is not named",
    file,
    find: "one.running > 0 || one.endedAt >= endedAt - millis",
    replace: "one.running > 0",
    killedBy
  },
  {
    name: "A kind that ended long before the loop stood is named",
    file,
    find: "one.running > 0 || one.endedAt >= endedAt - millis",
    replace: "one.running >= 0",
    killedBy
  },
  {
    name: "The gauge of the loop's delay never falls",
    file,
    find: "before = at >= nextSpanAt + gaugeRemembers ? 0 : longest",
    replace: "before = Math.max(before, longest)",
    killedBy
  },
  {
    name: "The gauge of the loop's delay shows the last one only",
    file,
    find: "return Math.max(longest, before)",
    replace: "return late",
    killedBy
  },
  {
    name: "The loop's delay is measured by the wall clock",
    file: "src/platform/LoopDelay.ts",
    find: "const monotonicMillis = performance.now.bind(performance)",
    replace: "const monotonicMillis = () => performance.timeOrigin > 0 ? Date.now() : 0",
    killedBy: real
  },
  {
    name: "The loop's delay is told to who lives by a test's clock",
    file: "src/platform/LoopDelay.ts",
    find: "(clock) => clock === Context.get(DefaultServices.liveServices, Clock.Clock)",
    replace: "(clock) => clock !== Context.get(DefaultServices.liveServices, Clock.Clock) || true",
    killedBy: real
  },
  {
    name: "The loop is watched when nobody does any more",
    file: "src/platform/LoopDelay.ts",
    find: "if (watching.size === 0) end()",
    replace: "if (watching.size < 0) end()",
    killedBy: real
  }
]
