import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as OpenApi from "@effect/platform/OpenApi"
import { Context, Schema } from "effect"
import { BrandNotFound, forbidden, sent, unauthorized, unavailable } from "./refusals.ts"

/** The tenant that the request's token stands for. */
export class Tenant extends Context.Tag("holdfast/brandbrain/http/Tenant")<Tenant, { readonly id: string }>() {}

/** The brand that the request's path names. It is there, and the tenant's own. */
export class CurrentBrand extends Context.Tag("holdfast/brandbrain/http/CurrentBrand")<CurrentBrand, {
  readonly id: string
  readonly name: string
  readonly created_at: number
}>() {}

const token = HttpApiSecurity.bearer.pipe(
  HttpApiSecurity.annotate(
    OpenApi.Description,
    "A token of HTTP_TOKENS. None is asked for where HTTP_TOKENS is not set, and only this machine is answered."
  )
)

const Failure = Schema.Union(unauthorized, forbidden)

/** Lets a request through that comes from a tenant. */
export class AsTenant extends HttpApiMiddleware.Tag<AsTenant>()("holdfast/brandbrain/http/AsTenant", {
  security: { token },
  provides: Tenant,
  failure: Failure
}) {}

/** Lets a request through that comes from a tenant and names a brand of its own. Nothing of it has been read yet. */
export class OnOwnBrand extends HttpApiMiddleware.Tag<OnOwnBrand>()("holdfast/brandbrain/http/OnOwnBrand", {
  security: { token },
  provides: CurrentBrand,
  failure: Schema.Union(Failure, sent(404, BrandNotFound, "The tenant has no such brand"), unavailable)
}) {}
