import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as OpenApi from "@effect/platform/OpenApi"
import { Context, Schema } from "effect"
import { unauthorized } from "../../web/refusals.ts"
import { forbidden } from "./refusals.ts"

/** The access of a caller: all, or only to read. */
export const Access = Schema.Literal("full", "read")
export type Access = typeof Access.Type

/** The caller of a request, as its token or the app's own check tells. */
export class Caller extends Context.Tag("holdfast/http/Caller")<Caller, { readonly access: Access }>() {}

const token = HttpApiSecurity.bearer.pipe(
  HttpApiSecurity.annotate(
    OpenApi.Description,
    "The full token, or the read-only one for requests that change nothing."
  )
)

/** Lets a request through whose caller may make it. Runs before anything of the request is decoded. */
export class Authorized extends HttpApiMiddleware.Tag<Authorized>()("holdfast/http/Authorized", {
  security: { token },
  provides: Caller,
  failure: Schema.Union(unauthorized, forbidden)
}) {}
