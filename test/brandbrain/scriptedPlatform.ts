import { Effect, Layer } from "effect"
import { ActorPlatform, ActorPlatformError } from "../../src/brandbrain/actors/ActorPlatform.ts"
import type { ActorRun, RunLimits } from "../../src/brandbrain/actors/ActorPlatform.ts"
import { canonicalJson } from "../../src/brandbrain/json/canonicalJson.ts"

export interface Script {
  /** What each look at the run answers; the last one stays. */
  readonly statuses?: ReadonlyArray<string>
  readonly items?: ReadonlyArray<unknown>
  /** What becomes of the starts, one for each; the rest go well. */
  readonly starts?: ReadonlyArray<"full" | "broke" | "lost" | "vanished">
  /** How many searches show none of the runs there are. */
  readonly unlisted?: number
  /** How many looks at the run answer that there is none. */
  readonly unseen?: number
  /** What the actor says of how it ended. */
  readonly statusMessage?: string
  /** Which call fails. */
  readonly failing?: "startRun" | "getRun" | "getItems"
  /** Which call is refused for good, and by which HTTP status. */
  readonly refusing?: { readonly at: "getRun" | "getItems"; readonly status: number }
}

/** A platform that does as the script for an actor says, and remembers what it was asked. */
export const scriptedPlatform = (script: (actorId: string) => Script) => {
  const starts: Array<{
    readonly actorId: string
    readonly input: Readonly<Record<string, unknown>>
    readonly limits: RunLimits
    /** What the platform calls the run; null where none was started. */
    readonly id: string | null
  }> = []
  const searches: Array<string> = []
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
  const refused = (status: number, type: string, uncertain: boolean) =>
    new ActorPlatformError({ status, type, reason: `It answers ${status}`, retryable: false, uncertain })
  const refusals = {
    full: refused(402, "actor-memory-limit-exceeded", false),
    broke: refused(402, "not-enough-usage-to-run-paid-actor", false),
    lost: refused(502, "http-error", true),
    vanished: refused(502, "http-error", true)
  }
  const run = (id: string, status: string): ActorRun => ({
    id,
    actId: id.replace(/#.*/, ""),
    status,
    statusMessage: scriptOf(id).statusMessage ?? null,
    defaultDatasetId: `dataset of ${id}`,
    startedAt: null,
    finishedAt: null
  })
  const scriptOf = (id: string) => script(id.replace("dataset of ", "").replace(/#.*/, ""))

  const layer = Layer.succeed(ActorPlatform, {
    startRun: (actorId, input, limits) =>
      Effect.suspend(() => {
        const before = starts.filter((start) => start.actorId === actorId).length
        const refusal = script(actorId).failing === "startRun" ? "failing" : script(actorId).starts?.[before]
        const id = refusal === undefined || refusal === "lost" ? `${actorId}#${starts.length + 1}` : null
        starts.push({ actorId, input, limits, id })
        running++
        mostRunning = Math.max(mostRunning, running)
        if (refusal === "failing") return Effect.fail(failing)
        return refusal === undefined ? Effect.succeed(run(id ?? "", "READY")) : Effect.fail(refusals[refusal])
      }),
    findRuns: (actorId, input) =>
      Effect.sync(() => {
        searches.push(actorId)
        if (searches.filter((each) => each === actorId).length <= (script(actorId).unlisted ?? 0)) return []
        return starts.filter((start) =>
          start.actorId === actorId && canonicalJson(start.input) === canonicalJson(input)
        )
          .flatMap(({ id }) => id === null ? [] : [run(id, "RUNNING")])
          .toReversed()
      }),
    getRun: (runId) =>
      Effect.suspend(() => {
        looks.push(runId)
        const statuses = scriptOf(runId).statuses ?? ["SUCCEEDED"]
        const index = looked.get(runId) ?? 0
        looked.set(runId, index + 1)
        const { refusing, unseen = 0 } = scriptOf(runId)
        if (refusing?.at === "getRun") {
          return Effect.fail(refused(refusing.status, "refused", false))
        }
        if (index < unseen) {
          return Effect.fail(refused(404, "record-not-found", false))
        }
        const status = statuses[Math.min(index - unseen, statuses.length - 1)] ?? "SUCCEEDED"
        return scriptOf(runId).failing === "getRun" ? Effect.fail(failing) : Effect.succeed(run(runId, status))
      }),
    getItems: (datasetId, options) =>
      Effect.suspend(() => {
        running--
        fetches.push({ datasetId, ...options })
        const { refusing } = scriptOf(datasetId)
        if (refusing?.at === "getItems") {
          return Effect.fail(refused(refusing.status, "refused", false))
        }
        // It does not keep to the limit, as a platform might not.
        return scriptOf(datasetId).failing === "getItems"
          ? Effect.fail(failing)
          : Effect.succeed(scriptOf(datasetId).items ?? [])
      })
  })
  return { starts, searches, looks, fetches, mostRunning: () => mostRunning, layer }
}
