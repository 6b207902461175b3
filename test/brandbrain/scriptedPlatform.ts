import { Effect, Layer } from "effect"
import { ActorPlatform, ActorPlatformError } from "../../src/brandbrain/ActorPlatform.ts"
import type { ActorRun } from "../../src/brandbrain/ActorPlatform.ts"

export interface Script {
  /** What each look at the run answers; the last one stays. */
  readonly statuses?: ReadonlyArray<string>
  readonly items?: ReadonlyArray<unknown>
  /** Which call fails. */
  readonly failing?: "startRun" | "getRun" | "getItems"
}

/** A platform that does as the script for an actor says, and remembers what it was asked. */
export const scriptedPlatform = (script: (actorId: string) => Script) => {
  const starts: Array<{ readonly actorId: string; readonly input: Readonly<Record<string, unknown>> }> = []
  const looks: Array<string> = []
  const fetches: Array<{ readonly datasetId: string; readonly limit: number; readonly offset: number }> = []
  const looked = new Map<string, number>()
  let running = 0
  let mostRunning = 0

  const failing = new ActorPlatformError({
    status: 503,
    type: "unavailable",
    reason: "The platform is away",
    retryable: true
  })
  const run = (id: string, status: string): ActorRun => ({
    id,
    actId: id.replace(/#.*/, ""),
    status,
    defaultDatasetId: `dataset of ${id}`,
    startedAt: null,
    finishedAt: null
  })
  const scriptOf = (id: string) => script(id.replace("dataset of ", "").replace(/#.*/, ""))

  const layer = Layer.succeed(ActorPlatform, {
    startRun: (actorId, input) =>
      Effect.suspend(() => {
        starts.push({ actorId, input })
        running++
        mostRunning = Math.max(mostRunning, running)
        return script(actorId).failing === "startRun"
          ? Effect.fail(failing)
          : Effect.succeed(run(`${actorId}#${starts.length}`, "READY"))
      }),
    getRun: (runId) =>
      Effect.suspend(() => {
        looks.push(runId)
        const statuses = scriptOf(runId).statuses ?? ["SUCCEEDED"]
        const index = looked.get(runId) ?? 0
        looked.set(runId, index + 1)
        const status = statuses[Math.min(index, statuses.length - 1)] ?? "SUCCEEDED"
        return scriptOf(runId).failing === "getRun" ? Effect.fail(failing) : Effect.succeed(run(runId, status))
      }),
    getItems: (datasetId, options) =>
      Effect.suspend(() => {
        running--
        fetches.push({ datasetId, ...options })
        // It does not keep to the limit, as a platform might not.
        return scriptOf(datasetId).failing === "getItems"
          ? Effect.fail(failing)
          : Effect.succeed(scriptOf(datasetId).items ?? [])
      })
  })
  return { starts, looks, fetches, mostRunning: () => mostRunning, layer }
}
