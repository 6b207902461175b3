import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import {
  Array,
  Clock,
  Duration,
  Effect,
  Either,
  Fiber,
  identity,
  Layer,
  Option,
  ParseResult,
  Redacted,
  Schema,
  Stream
} from "effect"
import { ActorPlatform, ActorPlatformError, ActorRun, isUnseen } from "./ActorPlatform.ts"
import { BrandBrainConfig } from "../config/BrandBrainConfig.ts"
import { inputHolds } from "./inputMatches.ts"
import { lost, persistently, refusal, shown, unanswered, unusable } from "./PlatformFault.ts"
import type { PlatformFault } from "./PlatformFault.ts"

/**
 * An Apify-compatible platform over HTTP, asked with the token of `BrandBrainConfig`.
 *
 * A request that fails is sent again, at most five times and within two minutes,
 * if the cause may pass. Starting a run costs money, and the platform offers no
 * way to say that two requests are one. So that request is sent again only if no
 * connection was made, or the platform said that it did nothing: 429, or a 503
 * that is not a proxy's. After any other failure a run may be under way, so it is
 * final, `uncertain`, and not `retryable`: look with `findRuns`. Nor is it let go of before it has ended: an
 * interruption waits, at most 30 seconds.
 *
 * No redirect is followed; give it an `HttpClient` that follows none by itself.
 */
export const layer: Layer.Layer<ActorPlatform, never, BrandBrainConfig | HttpClient.HttpClient> = Layer.effect(
  ActorPlatform,
  Effect.gen(function*() {
    const { apifyBaseUrl, apifyToken } = yield* BrandBrainConfig
    const token = Option.map(apifyToken, Redacted.value)
    const ask = asking(yield* HttpClient.HttpClient, token)
    const told = toldBy(token)
    const root = `${apifyBaseUrl}/v2`

    return {
      startRun: Effect.fn("ApifyActorPlatform.startRun")(function*(actorId, input, { maxItems, timeout }) {
        const request = yield* HttpClientRequest.post(`${root}/acts/${yield* segment(actorId)}/runs`, {
          urlParams: { maxItems, timeout: Math.ceil(Duration.toSeconds(timeout)) }
        }).pipe(
          HttpClientRequest.bodyJson(input),
          Effect.catchTag("HttpBodyError", () => invalid("The actor's input cannot be written as JSON"))
        )
        return told((yield* ask(request, { ...aRun, idempotent: false })).data)
      }),
      findRuns: Effect.fn("ApifyActorPlatform.findRuns")(function*(actorId, input, since) {
        const runs = `${root}/acts/${yield* segment(actorId)}/runs`
        const isRecent = ({ startedAt }: { readonly startedAt: string | null }) =>
          startedAt === null || Date.parse(startedAt) >= since - clockSkew
        const pages = yield* Effect.iterate({ offset: 0, found: Array.empty<ListedRun>(), isOver: false }, {
          while: ({ isOver, offset }) => !isOver && offset < mostRuns,
          body: ({ found, offset }) =>
            ask(
              HttpClientRequest.get(runs, { urlParams: { desc: 1, limit: runsOfPage, offset } }),
              { ...someRuns, idempotent: true }
            ).pipe(Effect.map(({ data: { items } }) => ({
              offset: offset + runsOfPage,
              found: [...found, ...items.filter(isRecent)],
              isOver: items.length < runsOfPage || !items.every(isRecent)
            })))
        })
        const inputOf = Effect.fnUntraced(function*(store: string) {
          const record = `${root}/key-value-stores/${yield* segment(store)}/records/INPUT`
          return yield* ask(HttpClientRequest.get(record), { ...anInput, idempotent: true })
        })
        const found = yield* Effect.filter(
          pages.found,
          ({ defaultKeyValueStoreId }) =>
            inputOf(defaultKeyValueStoreId).pipe(
              Effect.map((recorded) => inputHolds(recorded, input)),
              Effect.catchIf(isUnseen, () => Effect.succeed(false))
            ),
          { concurrency: inputsAtATime }
        )
        return Array.map(found, told)
      }),
      getRun: Effect.fn("ApifyActorPlatform.getRun")(function*(runId) {
        const request = HttpClientRequest.get(`${root}/actor-runs/${yield* segment(runId)}`)
        return told((yield* ask(request, { ...aRun, idempotent: true })).data)
      }),
      getItems: Effect.fn("ApifyActorPlatform.getItems")(function*(datasetId, { limit, offset }) {
        const request = HttpClientRequest.get(`${root}/datasets/${yield* segment(datasetId)}/items`, {
          urlParams: { limit, offset }
        })
        return (yield* ask(request, { ...items, idempotent: true })).slice(0, limit)
      })
    }
  })
)

/** What is expected of one kind of answer. */
interface Expected<A, I> {
  readonly answer: Schema.Schema<A, I>
  /** From sending the request to having read the answer. */
  readonly within: Duration.Duration
  readonly maxMebibytes: number
}

/** A run may be told of without its instants, or words of its actor, before it has any: it is paid for, so it is not refused. */
const Told = Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null })

const Run = Schema.Struct({
  ...ActorRun.fields,
  id: Schema.NonEmptyString,
  statusMessage: Told,
  defaultDatasetId: Schema.NonEmptyString,
  startedAt: Told,
  finishedAt: Told
})

const RunAnswer = Schema.Struct({ data: Run })

/** A run's input is a record of a store of its own. */
const ListedRun = Schema.Struct({ ...Run.fields, defaultKeyValueStoreId: Schema.NonEmptyString })
type ListedRun = typeof ListedRun.Type

const RunsAnswer = Schema.Struct({ data: Schema.Struct({ items: Schema.Array(ListedRun) }) })

/** Pages are read until one holds a run that is too old. A busy account starts so many an hour at most. */
const runsOfPage = 100
const mostRuns = 1_000

/** Each run's input is a request of its own. */
const inputsAtATime = 4

/** The platform's clock and ours may differ by so many milliseconds. */
const clockSkew = 5 * 60_000

/** The run without what else an answer holds, and with the actor's words in one line and without the token. */
const toldBy = (token: Option.Option<string>) => (run: typeof Run.Type): ActorRun => ({
  id: run.id,
  actId: run.actId,
  status: run.status,
  statusMessage: run.statusMessage === null ? null : shown(scrubbing(token)(run.statusMessage), 300) || null,
  defaultDatasetId: run.defaultDatasetId,
  startedAt: run.startedAt,
  finishedAt: run.finishedAt
})

/** Takes the token out, wherever it stands. */
const scrubbing = (token: Option.Option<string>) => (text: string) =>
  Option.match(token, { onNone: () => text, onSome: (token) => text.replaceAll(token, "[token]") })

/** A platform tells of a run in some kilobytes. */
const aRun = { answer: RunAnswer, within: Duration.seconds(30), maxMebibytes: 1 }

const someRuns = { ...aRun, answer: RunsAnswer }

const anInput = { ...aRun, answer: Schema.Unknown }

/** A dataset is cut to some dozens of items, of which any may be the text of a long page. */
const items = { answer: Schema.Array(Schema.Unknown), within: Duration.seconds(60), maxMebibytes: 64 }

const asking = (client: HttpClient.HttpClient, token: Option.Option<string>) => {
  // Its own span would keep the answer's headers, and with a failure the request with the token in it.
  const http = HttpClient.withTracerDisabledWhen(client, () => true)
  const authorized = (request: HttpClientRequest.HttpClientRequest) =>
    HttpClientRequest.acceptJson(
      Option.match(token, {
        onNone: () => request,
        onSome: (token) => HttpClientRequest.bearerToken(request, token)
      })
    )
  const scrub = scrubbing(token)

  const exchange = Effect.fnUntraced(function*<A, I>(
    request: HttpClientRequest.HttpClientRequest,
    expected: Expected<A, I>
  ) {
    const response = yield* Effect.mapError(http.execute(authorized(request)), unanswered)
    const { headers, status } = response
    yield* Effect.annotateCurrentSpan("http.response.status_code", status)
    const body = bodyOf(response, expected.maxMebibytes)
    if (status >= 200 && status < 300) {
      return yield* decoded(expected.answer, status, yield* body)
    }
    return yield* Effect.fail(refusal({
      status,
      retryAfter: headers["retry-after"],
      body: yield* Effect.orElseSucceed(body, () => ""),
      scrub,
      now: yield* Clock.currentTimeMillis
    }))
  })

  return <A, I>(
    request: HttpClientRequest.HttpClientRequest,
    expected: Expected<A, I> & { readonly idempotent: boolean }
  ): Effect.Effect<A, ActorPlatformError> =>
    exchange(request, expected).pipe(
      // A fetch follows redirects unless it is told not to, and repeats a POST as it does.
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
      // A transport that cannot be interrupted must not hold up whoever waits.
      Effect.disconnect,
      Effect.timeoutFail({
        duration: expected.within,
        onTimeout: () => lost(null, "timeout", `The platform did not answer within ${Duration.format(expected.within)}`)
      }),
      Effect.withSpan("ApifyActorPlatform.request", {
        kind: "client",
        captureStackTrace: false,
        attributes: { "http.request.method": request.method, "url.path": new URL(request.url).pathname }
      }),
      expected.idempotent ? identity : seenThrough,
      persistently(expected)
    )
}

/** An interruption takes effect once the request has ended, which its own limit sees to. */
const seenThrough = <A, E>(request: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  // Making it uninterruptible is not enough: children are told of an interruption too, and the timeout's is one.
  Effect.uninterruptible(Effect.flatMap(Effect.forkDaemon(Effect.interruptible(request)), Fiber.join))

/** The body as text, unless it breaks off or is too large to be an answer. */
const bodyOf = (
  { status, stream }: HttpClientResponse.HttpClientResponse,
  maxMebibytes: number
): Effect.Effect<string, PlatformFault> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let left = maxMebibytes * 1024 * 1024
    let text = ""
    return stream.pipe(
      Stream.mapError(() => lost(status, "incomplete-answer", "The platform's answer broke off")),
      Stream.runForEach((bytes) => {
        left -= bytes.byteLength
        text += decoder.decode(bytes, { stream: true })
        return left >= 0
          ? Effect.void
          : Effect.fail(unusable(status, "answer-too-large", `The platform's answer is over ${maxMebibytes} MiB`))
      }),
      Effect.map(() => text + decoder.decode())
    )
  })

/** What the body says. Only where it is wrong is told, since what is there may be anything. */
const decoded = <A, I>(
  schema: Schema.Schema<A, I>,
  status: number,
  body: string
): Either.Either<A, PlatformFault> => {
  const json = decodeJson(body)
  if (Either.isLeft(json)) {
    // Half an answer looks like this too, when a proxy ends it properly.
    return Either.left(lost(status, "malformed-answer", "The platform's answer is not JSON"))
  }
  return Either.mapLeft(Schema.decodeUnknownEither(schema)(json.right), (error) => {
    const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
    const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`
    return unusable(status, "unexpected-answer", `The platform's answer is not of the expected shape${where}`)
  })
}

const decodeJson = Schema.decodeEither(Schema.parseJson())

/** An id as one segment of a path. A path would resolve dots, encoded or not, and say something else. */
const segment = (id: string): Effect.Effect<string, ActorPlatformError> =>
  id === "" || id === "." || id === ".." || /\p{Cs}/u.test(id)
    ? invalid("The id cannot be part of an address")
    : Effect.succeed(encodeURIComponent(id))

const invalid = (reason: string) =>
  new ActorPlatformError({ status: null, type: "invalid-request", reason, retryable: false })
