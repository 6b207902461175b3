import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { Redacted } from "effect"
import { Api } from "./api.ts"

/**
 * The API as functions, one for each call: `client.compiles.request({ path: { brand }, payload: {} })`.
 *
 * Each fails with the refusals of its call, tagged by name.
 */
export const client = (options: {
  /** As in `http://127.0.0.1:3000`. */
  readonly baseUrl: string
  /** One of the server's HTTP_TOKENS, if it has any. */
  readonly token?: Redacted.Redacted
}) => {
  const { baseUrl, token } = options
  return HttpApiClient.make(Api, {
    baseUrl,
    transformClient: HttpClient.mapRequest((request) =>
      token === undefined ? request : HttpClientRequest.bearerToken(request, token)
    )
  })
}
