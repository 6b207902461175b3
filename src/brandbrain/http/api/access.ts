import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as OpenApi from "@effect/platform/OpenApi"
import { Context, Schema } from "effect"
import { BrandNotFound, forbidden } from "./refusals.ts"
import { sent, unauthorized, unavailable } from "../../../web/refusals.ts"

/** The tenant of the request's token. */
export class Tenant extends Context.Tag("holdfast/brandbrain/http/Tenant")<Tenant, { readonly id: string }>() {}

/** The brand that the request's path names. It exists and belongs to the tenant. */
export class CurrentBrand extends Context.Tag("holdfast/brandbrain/http/CurrentBrand")<CurrentBrand, {
  readonly id: string
  readonly name: string
  readonly created_at: number
}>() {}

const token = HttpApiSecurity.bearer.pipe(
  HttpApiSecurity.annotate(
    OpenApi.Description,
    "A token of HTTP_TOKENS. Not needed if HTTP_TOKENS is not set; then only this machine is answered."
  )
)

const Failure = Schema.Union(unauthorized, forbidden)

/** Lets a request of a tenant through. */
export class AsTenant extends HttpApiMiddleware.Tag<AsTenant>()("holdfast/brandbrain/http/AsTenant", {
  security: { token },
  provides: Tenant,
  failure: Failure
}) {}

/** Lets a request through if it names one of its tenant's brands. Runs before the body is read. */
export class OnOwnBrand extends HttpApiMiddleware.Tag<OnOwnBrand>()("holdfast/brandbrain/http/OnOwnBrand", {
  security: { token },
  provides: CurrentBrand,
  failure: Schema.Union(Failure, sent(404, BrandNotFound, "The tenant has no such brand"), unavailable)
}) {}
