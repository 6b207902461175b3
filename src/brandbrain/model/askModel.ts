import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Clock, Duration, Effect, Either, ParseResult, Random, Schema, Stream } from "effect"
import type { Redacted } from "effect"
import { connectionFailed, incompleteAnswer, refused, unusableAnswer } from "../actors/PlatformFault.ts"
import type { PlatformFault } from "../actors/PlatformFault.ts"
import { ModelAnswer } from "./modelAnswer.ts"

/** A model that thinks for longer than this is not waited for. */
const within = Duration.seconds(60)
const mostBytes = 1024 * 1024

/** Waits of about 1, 2 and 4 seconds, on top of what the server asks for, and none that begins later than this. */
const firstBackoff = 1_000
const mostRetries = 3
const latestRetry = 120_000

/** Sends one request for a chat completion, again while what went wrong may pass. A failure says why, and never with the key. */
export const askModel = (
  client: HttpClient.HttpClient,
  options: { readonly baseUrl: string; readonly apiKey: Redacted.Redacted; readonly hideKey: (text: string) => string },
  body: unknown
): Effect.Effect<ModelAnswer, PlatformFault> =>
  Effect.gen(function*() {
    const request = yield* HttpClientRequest.post(`${options.baseUrl}/chat/completions`).pipe(
      HttpClientRequest.bearerToken(options.apiKey),
      HttpClientRequest.acceptJson,
      HttpClientRequest.bodyJson(body),
      Effect.mapError(() => ({
        ...incompleteAnswer(null, "invalid-request", "The request cannot be written as JSON"),
        passing: false
      }))
    )
    const startedAt = yield* Clock.currentTimeMillis
    const attempt = (failures: number): Effect.Effect<ModelAnswer, PlatformFault> =>
      Effect.catchIf(exchange(client, request, options.hideKey), ({ passing }) =>
        passing, (fault) =>
        Effect.gen(function*() {
          const backoff = firstBackoff * 2 ** failures * (yield* Random.nextRange(0.75, 1.25))
          const delay = Math.round(backoff) + fault.retryAfter
          const elapsed = (yield* Clock.currentTimeMillis) - startedAt
          if (failures === mostRetries || elapsed + delay > latestRetry) {
            return yield* Effect.fail(fault)
          }
          yield* Effect.sleep(delay)
          return yield* attempt(failures + 1)
        }))
    return yield* attempt(0)
  })

const exchange = (
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  hideKey: (text: string) => string
) =>
  Effect.gen(function*() {
    // Its own span would keep the request with the key in it.
    const response = yield* Effect.mapError(
      HttpClient.withTracerDisabledWhen(client, () => true).execute(request),
      connectionFailed
    )
    const { headers, status } = response
    const text = readBody(status, response.stream)
    if (status >= 200 && status < 300) return yield* completionOf(status, yield* text)
    return yield* Effect.fail(refused({
      status,
      body: yield* Effect.orElseSucceed(text, () => ""),
      retryAfter: headers["retry-after"],
      hideSecrets: hideKey,
      now: yield* Clock.currentTimeMillis
    }))
  }).pipe(
    Effect.scoped,
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
    Effect.disconnect,
    Effect.timeoutFail({
      duration: within,
      onTimeout: () => ({
        ...incompleteAnswer(null, "timeout", `It did not answer within ${Duration.format(within)}`),
        // Asked again, it would take as long.
        passing: false
      })
    })
  )

const readBody = <E>(status: number, stream: Stream.Stream<Uint8Array, E>) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let left = mostBytes
    let text = ""
    return stream.pipe(
      Stream.mapError(() => incompleteAnswer(status, "incomplete-answer", "Its answer broke off")),
      Stream.runForEach((bytes) => {
        left -= bytes.byteLength
        text += decoder.decode(bytes, { stream: true })
        return left >= 0
          ? Effect.void
          : Effect.fail(unusableAnswer(status, "answer-too-large", `Its answer is over ${mostBytes / 1024 / 1024} MiB`))
      }),
      Effect.map(() => text + decoder.decode())
    )
  })

const Completion = Schema.parseJson(Schema.Struct({
  choices: Schema.NonEmptyArray(Schema.Struct({
    message: Schema.Struct({ content: Schema.parseJson(ModelAnswer) })
  }))
}))

/** Only where an answer is wrong is told, since what is there may be anything. */
const completionOf = (status: number, body: string): Either.Either<ModelAnswer, PlatformFault> =>
  Either.mapBoth(Schema.decodeEither(Completion)(body), {
    onRight: ({ choices: [{ message }] }) => message.content,
    onLeft: (error) => {
      const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
      const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`
      return unusableAnswer(status, "unexpected-answer", `Its answer is not of the expected shape${where}`)
    }
  })
