import type { DatabaseName, Scenario } from "../Scenario.ts"
import { backlog } from "./backlog.ts"
import { cycle } from "./cycle.ts"
import { drain1, drain10, drain100 } from "./drain.ts"
import { enqueue } from "./enqueue.ts"
import { enqueueMany } from "./enqueueMany.ts"
import { eventLoop } from "./eventLoop.ts"
import { inFlight } from "./inFlight.ts"
import { lanesOf } from "./lanes.ts"
import { latency, latencyAcross } from "./latency.ts"
import { postgresScenarios } from "../postgres/scenarios/all.ts"
import { start } from "./start.ts"

/** The scenarios of each database, in the order they run. */
export const scenarios: Readonly<Record<DatabaseName, ReadonlyArray<Scenario>>> = {
  sqlite: [
    drain100,
    drain10,
    drain1,
    cycle,
    enqueue,
    enqueueMany,
    latency,
    latencyAcross,
    backlog,
    lanesOf,
    inFlight,
    eventLoop,
    start
  ],
  postgres: postgresScenarios
}
