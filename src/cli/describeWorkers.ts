import { instantText } from "../domain/instantText.ts"
import type { WorkerRecord } from "../index.ts"
import { spanText } from "./spanText.ts"
import type { Column, Room } from "./table.ts"
import { table } from "./table.ts"

/** The workers for a person. */
export const describeWorkers = (workers: ReadonlyArray<WorkerRecord>, isWhole: boolean, room: Room): string =>
  workers.length === 0
    ? "No workers"
    : `${table(workers, columns, room)}${isWhole ? "" : "\nThere may be more workers than these."}`

/** A dead worker is shown as dead even if it last reported that it was draining. The dashboard has the same words, and a test compares them. */
const stateOf = ({ isDraining, isLive }: WorkerRecord) => isLive ? isDraining ? "draining" : "live" : "dead"

const queuesText = ({ queues }: WorkerRecord) =>
  queues === null ? "every queue" : queues.map(({ concurrency, queue }) => `${queue} (${concurrency})`).join(", ")

const columns: ReadonlyArray<Column<WorkerRecord>> = [
  { title: "WORKER", of: ({ worker }) => worker },
  {
    title: "STATE",
    of: stateOf,
    isWhole: true,
    colourOf: (worker) => ({ live: "32", draining: "33", dead: "31" })[stateOf(worker)]
  },
  { title: "LAST BEAT", of: ({ sinceBeat }) => `${spanText(sinceBeat)} ago`, isNumber: true, isWhole: true },
  {
    title: "RUNNING",
    of: ({ concurrency, running }) => `${running}/${concurrency}`,
    isNumber: true,
    isWhole: true
  },
  { title: "KINDS", of: ({ kinds }) => kinds.join(", ") },
  { title: "QUEUES", of: queuesText },
  { title: "VERSION", of: ({ version }) => version },
  { title: "STARTED", of: ({ startedAt }) => instantText(startedAt) }
]
