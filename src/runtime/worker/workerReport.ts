import { Duration, Option } from "effect"
import type { ThisProcessService } from "../../platform/ThisProcess.ts"
import { version } from "../../platform/version.ts"
import type { WorkerBeat } from "../../store/JobStore.ts"
import type { Slots } from "./Slots.ts"
import type { WorkerSettings } from "./WorkerSettings.ts"

/** The report of a worker: its process, the kinds and queues that it claims, and its slots in use. */
export const workerReport = ({ hasClaimedAll, place, settings, slots, worker }: {
  readonly worker: string
  readonly place: ThisProcessService
  readonly settings: WorkerSettings
  readonly slots: Pick<Slots, "areDraining" | "taken">
  /** True once the worker has come to its own limit of claims. */
  readonly hasClaimedAll: boolean
}): WorkerBeat => ({
  worker,
  host: place.host,
  pid: place.pid,
  version,
  beatEvery: Duration.toMillis(settings.heartbeatInterval),
  isDraining: slots.areDraining || hasClaimedAll,
  kinds: [...settings.kinds.keys()],
  queues: queuesOf(settings),
  concurrency: settings.concurrency,
  running: slots.taken
})

const queuesOf = ({ queues }: WorkerSettings): WorkerBeat["queues"] =>
  Option.match(queues, {
    onNone: () => null,
    onSome: (limits) => [...limits].map(([queue, concurrency]) => ({ queue, concurrency }))
  })
