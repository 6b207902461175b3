import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Duration, Effect, Layer, Predicate } from "effect"

/** An answer later than this is none. */
const answersWithin = Duration.seconds(5)

/** Requests at once. On top of those, what would be sent is dropped: a slow collector must not fill the memory. */
const mostAtOnce = 8

/**
 * The client that exporters send with. Without a bound, a collector that accepts
 * requests and never answers would keep every batch in memory. What the exporters
 * log of failures is at Debug, so this warns, once until it gets through again.
 */
export const collectorClient: Layer.Layer<HttpClient.HttpClient> = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, (client) => {
    let sending = 0
    const unreached = new Set<string>()

    const failed = (url: string, reason: string) =>
      Effect.suspend(() => {
        if (unreached.has(url)) return Effect.void
        unreached.add(url)
        return Effect.annotateLogs(
          Effect.logWarning("Telemetry does not get through; it is dropped until it does"),
          { url, reason }
        )
      })

    const gotThrough = (url: string) =>
      Effect.suspend(() =>
        unreached.delete(url)
          ? Effect.annotateLogs(Effect.logInfo("Telemetry gets through again"), { url })
          : Effect.void
      )

    const send = (
      answer: Effect.Effect<HttpClientResponse, HttpClientError.HttpClientError>,
      request: HttpClientRequest
    ) =>
      answer.pipe(
        // A connection is used again once its answer was read.
        Effect.tap((response) => Effect.ignore(response.arrayBuffer)),
        Effect.timeoutFail({
          duration: answersWithin,
          onTimeout: () => refusal(request, "Transport", `no answer within ${Duration.format(answersWithin)}`)
        }),
        Effect.tap(({ status }) =>
          status < 300 ? gotThrough(request.url) : failed(request.url, `the answer's status is ${status}`)
        ),
        Effect.tapError((error) => failed(request.url, reasonOf(error)))
      )

    return HttpClient.transform(client, (answer, request) =>
      Effect.suspend(() => {
        // An exporter does not repeat what fails for this reason.
        if (sending >= mostAtOnce) {
          return Effect.fail(refusal(request, "Encode", "too many requests wait for an answer"))
        }
        sending++
        return Effect.ensuring(send(answer, request), Effect.sync(() => void sending--))
      }))
  })
).pipe(
  Layer.provide(FetchHttpClient.layer),
  // A header with a token is for this collector, and not for where it may point to.
  Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "error" }))
)

const refusal = (request: HttpClientRequest, reason: "Transport" | "Encode", description: string) =>
  new HttpClientError.RequestError({ request, reason, description })

/** The innermost cause says why: fetch itself says only that it failed. */
const reasonOf = (error: HttpClientError.HttpClientError): string => {
  let reason = error.description ?? error.message
  let cause: unknown = error.cause
  for (let depth = 0; depth < 5 && Predicate.isRecord(cause); depth++) {
    const { code, message } = cause
    if (typeof message === "string" && message !== "") reason = message
    else if (typeof code === "string") reason = code
    cause = cause["cause"]
  }
  return reason
}
