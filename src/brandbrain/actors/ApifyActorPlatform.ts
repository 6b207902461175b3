import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Array, Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import { BrandBrainConfig } from "../config/BrandBrainConfig.ts"
import { ActorPlatform, ActorPlatformError, ActorRun, isUnseen } from "./ActorPlatform.ts"
import { hideToken, makeSendRequest } from "./apifyRequest.ts"
import { inputMatches } from "./inputMatches.ts"
import { oneLine } from "./PlatformFault.ts"

/**
 * An Apify-compatible platform over HTTP, with the token of `BrandBrainConfig`.
 *
 * A request that fails for a passing cause is sent again, at most five times and within two minutes. Starting a run
 * costs money, and the platform cannot tell that two requests are one. So that request is sent again only if no
 * connection was made, or if the platform said that it did nothing: 429, or a 503 that is not a proxy's. After any other
 * failure a run may have started: the error is final, `uncertain` and not `retryable`, and `findRuns` looks for the run.
 * An interruption waits, for at most 30 seconds, until the request has ended.
 *
 * Follows no redirect. Provide an `HttpClient` that follows none by itself.
 */
export const layer: Layer.Layer<ActorPlatform, never, BrandBrainConfig | HttpClient.HttpClient> = Layer.effect(
  ActorPlatform,
  Effect.gen(function*() {
    const { apifyBaseUrl, apifyToken } = yield* BrandBrainConfig
    const token = Option.map(apifyToken, Redacted.value)
    const send = makeSendRequest(yield* HttpClient.HttpClient, token)
    const toActorRun = actorRunWithout(token)
    const root = `${apifyBaseUrl}/v2`

    return {
      startRun: Effect.fn("ApifyActorPlatform.startRun")(function*(actorId, input, { maxItems, timeout }) {
        const request = yield* HttpClientRequest.post(`${root}/acts/${yield* segment(actorId)}/runs`, {
          urlParams: { maxItems, timeout: Math.ceil(Duration.toSeconds(timeout)) }
        }).pipe(
          HttpClientRequest.bodyJson(input),
          Effect.catchTag("HttpBodyError", () => invalidRequest("The actor's input cannot be written as JSON"))
        )
        return toActorRun((yield* send(request, { ...runAnswer, idempotent: false })).data)
      }),
      findRuns: Effect.fn("ApifyActorPlatform.findRuns")(function*(actorId, input, since) {
        const runs = `${root}/acts/${yield* segment(actorId)}/runs`
        const isRecent = ({ startedAt }: { readonly startedAt: string | null }) =>
          startedAt === null || Date.parse(startedAt) >= since - clockSkew
        const { recent } = yield* Effect.iterate({ offset: 0, recent: Array.empty<ListedRun>(), isOver: false }, {
          while: ({ isOver, offset }) => !isOver && offset < maxRuns,
          body: ({ offset, recent }) =>
            send(
              HttpClientRequest.get(runs, { urlParams: { desc: 1, limit: runsPerPage, offset } }),
              { ...runsAnswer, idempotent: true }
            ).pipe(Effect.map(({ data: { items } }) => ({
              offset: offset + runsPerPage,
              recent: [...recent, ...items.filter(isRecent)],
              isOver: items.length < runsPerPage || !items.every(isRecent)
            })))
        })
        const inputOf = Effect.fnUntraced(function*({ defaultKeyValueStoreId }: ListedRun) {
          const record = `${root}/key-value-stores/${yield* segment(defaultKeyValueStoreId)}/records/INPUT`
          return yield* send(HttpClientRequest.get(record), { ...inputAnswer, idempotent: true })
        })
        const matching = yield* Effect.filter(
          recent,
          (run) =>
            inputOf(run).pipe(
              Effect.map((recorded) => inputMatches(recorded, input)),
              Effect.catchIf(isUnseen, () => Effect.succeed(false))
            ),
          { concurrency: inputsAtATime }
        )
        return Array.map(matching, toActorRun)
      }),
      getRun: Effect.fn("ApifyActorPlatform.getRun")(function*(runId) {
        const request = HttpClientRequest.get(`${root}/actor-runs/${yield* segment(runId)}`)
        return toActorRun((yield* send(request, { ...runAnswer, idempotent: true })).data)
      }),
      getItems: Effect.fn("ApifyActorPlatform.getItems")(function*(datasetId, { limit, offset }) {
        const request = HttpClientRequest.get(`${root}/datasets/${yield* segment(datasetId)}/items`, {
          urlParams: { limit, offset }
        })
        return (yield* send(request, { ...itemsAnswer, idempotent: true })).slice(0, limit)
      })
    }
  })
)

/** May be missing before it is known. A run is paid for, so it is not refused for that. */
const NullUntilKnown = Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null })

const Run = Schema.Struct({
  ...ActorRun.fields,
  id: Schema.NonEmptyString,
  statusMessage: NullUntilKnown,
  defaultDatasetId: Schema.NonEmptyString,
  startedAt: NullUntilKnown,
  finishedAt: NullUntilKnown
})

/** The input of a run is a record in its key-value store. */
const ListedRun = Schema.Struct({ ...Run.fields, defaultKeyValueStoreId: Schema.NonEmptyString })
type ListedRun = typeof ListedRun.Type

/** A run takes a few kilobytes. */
const runAnswer = { schema: Schema.Struct({ data: Run }), within: Duration.seconds(30), maxMebibytes: 1 }

const runsAnswer = {
  ...runAnswer,
  schema: Schema.Struct({ data: Schema.Struct({ items: Schema.Array(ListedRun) }) })
}

const inputAnswer = { ...runAnswer, schema: Schema.Unknown }

/** A dataset is limited to a few dozen items, but each may be the text of a long page. */
const itemsAnswer = { schema: Schema.Array(Schema.Unknown), within: Duration.seconds(60), maxMebibytes: 64 }

/** Pages are read until one has a run that is too old. A busy account starts no more than this many in an hour. */
const runsPerPage = 100
const maxRuns = 1_000

/** The input of each run is a request of its own. */
const inputsAtATime = 4

/** The platform's clock and ours may differ by this many milliseconds. */
const clockSkew = 5 * 60_000

/** Takes the known fields of a run, with the actor's message in one line and without the token. */
const actorRunWithout = (token: Option.Option<string>) => (run: typeof Run.Type): ActorRun => ({
  id: run.id,
  actId: run.actId,
  status: run.status,
  statusMessage: run.statusMessage === null ? null : oneLine(hideToken(token)(run.statusMessage), 300) || null,
  defaultDatasetId: run.defaultDatasetId,
  startedAt: run.startedAt,
  finishedAt: run.finishedAt
})

/** An id as one segment of a path. Refuses dots, since a path resolves them even when they are encoded. */
const segment = (id: string): Effect.Effect<string, ActorPlatformError> =>
  id === "" || id === "." || id === ".." || /\p{Cs}/u.test(id)
    ? invalidRequest("The id cannot be part of an address")
    : Effect.succeed(encodeURIComponent(id))

const invalidRequest = (reason: string) =>
  new ActorPlatformError({ status: null, type: "invalid-request", reason, retryable: false })
