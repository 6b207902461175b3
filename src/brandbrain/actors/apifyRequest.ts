import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Clock, Duration, Effect, Either, Fiber, identity, Option, ParseResult, Schema, Stream } from "effect"
import type { ActorPlatformError } from "./ActorPlatform.ts"
import { connectionFailed, incompleteAnswer, refused, unusableAnswer } from "./PlatformFault.ts"
import type { PlatformFault } from "./PlatformFault.ts"
import { retryPassing } from "./retryPassing.ts"

/** The expected answer to a request. */
export interface ExpectedAnswer<A, I> {
  readonly schema: Schema.Schema<A, I>
  /** The time from sending the request to having read the answer. */
  readonly within: Duration.Duration
  readonly maxMebibytes: number
}

/** Makes the function that sends one request, decodes its answer, and retries as `retryPassing` allows. */
export const makeSendRequest = (client: HttpClient.HttpClient, token: Option.Option<string>) => {
  // The client's own span would record the answer's headers, and on a failure the request with the token.
  const http = HttpClient.withTracerDisabledWhen(client, () => true)
  const authorize = (request: HttpClientRequest.HttpClientRequest) =>
    HttpClientRequest.acceptJson(
      Option.match(token, {
        onNone: () => request,
        onSome: (token) => HttpClientRequest.bearerToken(request, token)
      })
    )

  const exchange = Effect.fnUntraced(function*<A, I>(
    request: HttpClientRequest.HttpClientRequest,
    expected: ExpectedAnswer<A, I>
  ) {
    const response = yield* Effect.mapError(http.execute(authorize(request)), connectionFailed)
    const { headers, status } = response
    yield* Effect.annotateCurrentSpan("http.response.status_code", status)
    const body = readText(response, expected.maxMebibytes)
    if (status >= 200 && status < 300) {
      return yield* decodeBody(expected.schema, status, yield* body)
    }
    return yield* Effect.fail(refused({
      status,
      retryAfter: headers["retry-after"],
      body: yield* Effect.orElseSucceed(body, () => ""),
      hideSecrets: hideToken(token),
      now: yield* Clock.currentTimeMillis
    }))
  })

  return <A, I>(
    request: HttpClientRequest.HttpClientRequest,
    expected: ExpectedAnswer<A, I> & { readonly idempotent: boolean }
  ): Effect.Effect<A, ActorPlatformError> =>
    exchange(request, expected).pipe(
      // By default fetch follows redirects, and repeats a POST as it does.
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
      // A transport that ignores interruption must not block the timeout.
      Effect.disconnect,
      Effect.timeoutFail({
        duration: expected.within,
        onTimeout: () =>
          incompleteAnswer(null, "timeout", `The platform did not answer within ${Duration.format(expected.within)}`)
      }),
      Effect.withSpan("ApifyActorPlatform.request", {
        kind: "client",
        captureStackTrace: false,
        attributes: { "http.request.method": request.method, "url.path": new URL(request.url).pathname }
      }),
      expected.idempotent ? identity : finishBeforeInterruption,
      retryPassing(expected)
    )
}

/** Replaces the token wherever it appears. */
export const hideToken = (token: Option.Option<string>) => (text: string): string =>
  Option.match(token, { onNone: () => text, onSome: (token) => text.replaceAll(token, "[token]") })

/** Delays an interruption until the request has ended, which its own timeout bounds. */
const finishBeforeInterruption = <A, E>(request: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  // Uninterruptible alone would not do: an interruption also reaches children, and the timeout's is one.
  Effect.uninterruptible(Effect.flatMap(Effect.forkDaemon(Effect.interruptible(request)), Fiber.join))

/** Reads the body as text. Fails if it breaks off or is too large. */
const readText = (
  { status, stream }: HttpClientResponse.HttpClientResponse,
  maxMebibytes: number
): Effect.Effect<string, PlatformFault> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let left = maxMebibytes * 1024 * 1024
    let text = ""
    return stream.pipe(
      Stream.mapError(() => incompleteAnswer(status, "incomplete-answer", "The platform's answer broke off")),
      Stream.runForEach((bytes) => {
        left -= bytes.byteLength
        text += decoder.decode(bytes, { stream: true })
        return left >= 0
          ? Effect.void
          : Effect.fail(unusableAnswer(status, "answer-too-large", `The platform's answer is over ${maxMebibytes} MiB`))
      }),
      Effect.map(() => text + decoder.decode())
    )
  })

/** Decodes the body. An error names only the path, since the value there may be anything. */
const decodeBody = <A, I>(
  schema: Schema.Schema<A, I>,
  status: number,
  body: string
): Either.Either<A, PlatformFault> => {
  const json = decodeJson(body)
  if (Either.isLeft(json)) {
    // Half an answer looks like this too, if a proxy ends it properly.
    return Either.left(incompleteAnswer(status, "malformed-answer", "The platform's answer is not JSON"))
  }
  return Either.mapLeft(Schema.decodeUnknownEither(schema)(json.right), (error) => {
    const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
    const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`
    return unusableAnswer(status, "unexpected-answer", `The platform's answer is not of the expected shape${where}`)
  })
}

const decodeJson = Schema.decodeEither(Schema.parseJson())
