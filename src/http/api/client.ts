import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { Redacted } from "effect"
import { HoldfastApi } from "./api.ts"

/**
 * The API as functions, one for each call: `client.jobs.cancel({ path: { id } })`.
 *
 * Each fails with the refusals of its call, tagged by name, as in `job_not_found`.
 */
export const client = (options: {
  /** The address of the API: of the server and the prefix, as in `http://127.0.0.1:3000/holdfast/api`. */
  readonly baseUrl: string
  /** The full token, or the read-only one. */
  readonly token?: Redacted.Redacted
}) => {
  const { baseUrl, token } = options
  return HttpApiClient.make(HoldfastApi, {
    baseUrl,
    transformClient: HttpClient.mapRequest((request) =>
      token === undefined ? request : HttpClientRequest.bearerToken(request, token)
    )
  })
}
