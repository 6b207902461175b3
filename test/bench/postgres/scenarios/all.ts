import type { Scenario } from "../../Scenario.ts"
import { backlog } from "./backlog.ts"
import { drain10, drain100 } from "./drain.ts"
import { enqueue, enqueueMany } from "./enqueue.ts"
import { latency, latencyAcross } from "./latency.ts"
import { processes } from "./processes.ts"

/** The scenarios of `pnpm bench --postgres`, in the order they run. */
export const postgresScenarios: ReadonlyArray<Scenario> = [
  drain100,
  drain10,
  processes,
  enqueue,
  enqueueMany,
  latency,
  latencyAcross,
  backlog
]
