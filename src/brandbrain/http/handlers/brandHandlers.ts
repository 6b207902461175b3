import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect } from "effect"
import { Brands } from "../../brands/Brands.ts"
import type { BrandSummary } from "../../brands/Brands.ts"
import { RandomId } from "../../storage/RandomId.ts"
import { CurrentBrand, Tenant } from "../api/access.ts"
import { Api } from "../api/api.ts"
import { AddBrand } from "../api/requests.ts"
import { instant } from "../api/views.ts"
import { orUnavailable } from "./orUnavailable.ts"
import { readBody } from "./readBody.ts"

const view = ({ created_at, id, name }: BrandSummary) => ({ brand_id: id, name, created_at: instant(created_at) })

/** The tenant's brands. */
export const brandsLive = HttpApiBuilder.group(Api, "brands", (handlers) =>
  handlers
    .handle("list", () =>
      Effect.gen(function*() {
        const brands = yield* (yield* Brands).listByTenant((yield* Tenant).id)
        return { brands: brands.map(view) }
      }).pipe(orUnavailable))
    .handleRaw("add", () =>
      Effect.gen(function*() {
        const { name } = yield* readBody(AddBrand)
        const brands = yield* Brands
        const { id: tenantId } = yield* Tenant
        const id = yield* (yield* RandomId).next
        yield* brands.add({ id, tenantId, name })
        return view(yield* Effect.orDie(brands.find(tenantId, id)))
      }).pipe(orUnavailable)))

/** One brand. */
export const brandLive = HttpApiBuilder.group(
  Api,
  "brand",
  (handlers) => handlers.handle("get", () => Effect.map(CurrentBrand, view))
)
