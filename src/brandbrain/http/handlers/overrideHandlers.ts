import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect } from "effect"
import { Brands } from "../../brands/Brands.ts"
import { CurrentBrand } from "../api/access.ts"
import { Api } from "../api/api.ts"
import { PatchOverrides } from "../api/requests.ts"
import { instant } from "../api/views.ts"
import { orUnavailable } from "./orUnavailable.ts"
import { readBody } from "./readBody.ts"

/** A brand's overrides. */
export const overridesLive = HttpApiBuilder.group(Api, "overrides", (handlers) =>
  handlers
    .handle("get", () => overridesView.pipe(orUnavailable))
    .handleRaw("patch", () =>
      Effect.gen(function*() {
        const { overrides_json: overrides, pinned_paths } = yield* readBody(PatchOverrides)
        yield* (yield* Brands).patchOverrides((yield* CurrentBrand).id, {
          ...overrides === undefined ? {} : { overrides },
          ...pinned_paths === undefined ? {} : { pinned_paths }
        })
        return yield* overridesView
      }).pipe(Effect.catchTags({ BrandNotFound: Effect.die, UnknownPath: Effect.die }), orUnavailable)))

const overridesView = Effect.gen(function*() {
  const { id } = yield* CurrentBrand
  const { overrides, pinned_paths, updated_at } = yield* (yield* Brands).overrides(id)
  return {
    brand_id: id,
    overrides_json: overrides,
    pinned_paths,
    updated_at: updated_at === null ? null : instant(updated_at)
  }
})
