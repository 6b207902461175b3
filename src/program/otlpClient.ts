import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Duration, Effect, Layer, Predicate, Schedule } from "effect"

/** The longest wait for an answer. */
const answersWithin = Duration.seconds(5)

/**
 * The most concurrent batches. Further batches are dropped, so that a slow collector
 * does not fill the memory. A batch counts until it is accepted or given up.
 */
const mostAtOnce = 8

/** A batch that failed for a passing reason is sent three times more, so it is given up after 23 s at the latest. */
const again = { schedule: Schedule.spaced(Duration.seconds(1)), times: 3 }

/**
 * The client that exporters send with. Without a bound, a collector that accepts
 * requests and never answers would keep every batch in memory. Exporters log
 * failures at Debug, so this warns, once until a request gets through again.
 *
 * An exporter that fails drops its signal for a minute, then tries again. Its own
 * retry would wait for the whole of a `Retry-After`, which may be hours, so this
 * client retries itself and lets no failure through that an exporter retries.
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
        Effect.tapError((error) => failed(request.url, reasonOf(error))),
        // A collector that asks for fewer requests gets no more for this batch.
        Effect.filterOrFail(({ status }) => status !== 429, () =>
          refusal(request, "Encode", "the answer's status is 429"))
      )

    return HttpClient.transform(client, send).pipe(
      HttpClient.filterStatusOk,
      HttpClient.retryTransient(again),
      HttpClient.transform((answer, request) =>
        Effect.suspend(() => {
          if (sending >= mostAtOnce) {
            return Effect.fail(refusal(request, "Encode", "too many requests wait for an answer"))
          }
          sending++
          return answer.pipe(
            Effect.mapError((error) => refusal(request, "Encode", reasonOf(error))),
            Effect.ensuring(Effect.sync(() => void sending--))
          )
        })
      )
    )
  })
).pipe(
  Layer.provide(FetchHttpClient.layer),
  // A header with a token is for this collector, and not for where it may point to.
  Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "error" }))
)

/** Exporters do not retry the reason "Encode". */
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
