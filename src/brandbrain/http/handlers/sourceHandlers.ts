import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect } from "effect"
import type { Connection } from "../../brands/Source.ts"
import { Sources } from "../../brands/Sources.ts"
import type { SourceSettings } from "../../brands/Sources.ts"
import { CurrentBrand } from "../api/access.ts"
import { Api } from "../api/api.ts"
import { SourceNotFound } from "../api/refusals.ts"
import { ChangeSource, ConnectSource } from "../api/requests.ts"
import { instant, SourceView } from "../api/views.ts"
import { orUnavailable } from "./orUnavailable.ts"
import { readBody } from "./readBody.ts"
import { refuseIssues } from "../../../web/refuseIssues.ts"

const view = (connection: Connection) => ({
  source_id: connection.id,
  source: connection.source,
  identifier: connection.identifier,
  extra_start_urls: connection.extraStartUrls,
  enabled: connection.enabled,
  created_at: instant(connection.createdAt),
  updated_at: instant(connection.updatedAt)
})

const answer = HttpServerResponse.schemaJson(SourceView)

const settingsOf = (
  { enabled, extra_start_urls: extraStartUrls }: typeof ChangeSource.Type
): SourceSettings => ({
  ...enabled === undefined ? {} : { enabled },
  ...extraStartUrls === undefined ? {} : { extraStartUrls }
})

const startUrlsRefused = ({ message }: { readonly message: string }) =>
  refuseIssues([{ path: ["extra_start_urls"], message }])

/** The accounts and sites that a brand has connected. */
export const sourcesLive = HttpApiBuilder.group(Api, "sources", (handlers) =>
  handlers
    .handle("list", () =>
      Effect.gen(function*() {
        const sources = yield* (yield* Sources).list((yield* CurrentBrand).id)
        return { sources: sources.map(view) }
      }).pipe(orUnavailable))
    .handleRaw("connect", () =>
      Effect.gen(function*() {
        const body = yield* readBody(ConnectSource)
        const connected = yield* (yield* Sources).connect((yield* CurrentBrand).id, {
          source: body.source,
          identifier: body.identifier,
          ...settingsOf(body)
        })
        // Both answers have the same body, so the status is set here.
        return yield* Effect.orDie(answer(view(connected), { status: connected.isNew ? 201 : 200 }))
      }).pipe(
        Effect.catchTags({
          UnknownCapability: ({ message }) => refuseIssues([{ path: ["source"], message }]),
          InvalidIdentifier: ({ message }) => refuseIssues([{ path: ["identifier"], message }]),
          NoStartUrls: startUrlsRefused
        }),
        orUnavailable
      ))
    .handleRaw("change", ({ path }) =>
      Effect.gen(function*() {
        const settings = settingsOf(yield* readBody(ChangeSource))
        return view(yield* (yield* Sources).update((yield* CurrentBrand).id, path.source, settings))
      }).pipe(
        Effect.catchTags({
          SourceNotFound: () => new SourceNotFound(),
          InvalidIdentifier: startUrlsRefused,
          NoStartUrls: startUrlsRefused
        }),
        orUnavailable
      ))
    .handle("remove", ({ path }) =>
      Effect.gen(function*() {
        yield* (yield* Sources).remove((yield* CurrentBrand).id, path.source)
      }).pipe(Effect.catchTag("SourceNotFound", () => new SourceNotFound()), orUnavailable)))
