import * as HttpRouter from "@effect/platform/HttpRouter"
import { Effect, Layer } from "effect"
import { Brands } from "../../brands/Brands.ts"
import { AsTenant, OnOwnBrand } from "../api/access.ts"
import { BrandNotFound } from "../api/refusals.ts"
import { orUnavailable } from "../handlers/orUnavailable.ts"
import type { Authenticate } from "./authenticate.ts"

/** Lets each tenant reach its own brands only. */
export const accessLive = (authenticate: Authenticate) =>
  Layer.mergeAll(
    Layer.succeed(AsTenant, AsTenant.of({ token: () => authenticate })),
    Layer.effect(
      OnOwnBrand,
      Effect.map(Brands, ({ find }) =>
        OnOwnBrand.of({
          token: () =>
            Effect.gen(function*() {
              const tenant = yield* authenticate
              const { params } = yield* HttpRouter.RouteContext
              return yield* find(tenant.id, params["brand"] ?? "").pipe(
                Effect.catchTag("BrandNotFound", () => new BrandNotFound()),
                orUnavailable
              )
            })
        }))
    )
  )
