import type { Mutant } from "../Mutant.ts"
import { bySeed } from "../Mutant.ts"

/** Shows that the simulation sees what a logger, a tracer or a metric that throws can stop. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "In a fleet whose telemetry throws, a worker has no guard against it",
    file: "src/runtime/Worker.ts",
    find: "return guardTelemetry(worker)",
    replace: "return worker",
    killedBy: bySeed(9)
  },
  {
    name: "In a fleet whose telemetry throws, a logger is not guarded",
    file: "src/store/guardTelemetry.ts",
    find: "attempt(\"logger\", logger, () => logger.log(options), nothing)",
    replace: "logger.log(options)",
    killedBy: bySeed(9)
  },
  {
    name: "In a fleet whose telemetry throws, a span that cannot be made is not guarded",
    file: "src/store/guardTelemetry.ts",
    find:
      "attempt(\"tracer\", tracer, () => guardSpan(tracer, tracer.span(...options)), () => nativeTracer.span(...options))",
    replace: "guardSpan(tracer, tracer.span(...options))",
    killedBy: bySeed(9),
    // A fiber that a span has thrown out of answers nobody who waits for it.
    hangs: true
  },
  {
    name: "In a fleet whose telemetry throws, a metric is not guarded",
    file: "src/store/guardTelemetry.ts",
    find: "failed(\"metric\", everyMetric, thrown)",
    replace: "throw [thrown, everyMetric]",
    killedBy: bySeed(9)
  }
]
