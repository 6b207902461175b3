import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import { AsTenant, OnOwnBrand } from "./access.ts"
import {
  BodyTooLarge,
  CannotCompile,
  CompileRunNotFound,
  InvalidAnswers,
  NoSnapshot,
  SourceNotFound
} from "./refusals.ts"
import { emptyApi, withOptionalBody, withoutIds } from "../../../web/openApi.ts"
import { internalError, sent, unavailable, unsupportedMediaType } from "../../../web/refusals.ts"
import {
  AddBrand,
  brandParam,
  ChangeSource,
  ConnectSource,
  HistoryPage,
  Include,
  PatchOverrides,
  PutAnswers,
  RequestCompile,
  runParam,
  sourceParam
} from "./requests.ts"
import {
  AnswersView,
  BrandList,
  BrandView,
  CompileStatusView,
  History,
  LatestView,
  NewBrandView,
  NewSourceView,
  OverridesView,
  Requested,
  SourceList,
  SourceView,
  Unchanged
} from "./views.ts"

const bodyTooLarge = sent(413, BodyTooLarge, "The body is larger than any request needs")
const sourceNotFound = sent(404, SourceNotFound, "The brand has no such source")

/** The tenant's brands. */
const brands = HttpApiGroup.make("brands")
  .add(HttpApiEndpoint.get("list", "/api/brands").addSuccess(BrandList))
  .add(
    HttpApiEndpoint.post("add", "/api/brands")
      .setPayload(AddBrand)
      .addSuccess(NewBrandView)
      .addError(bodyTooLarge)
      .addError(unsupportedMediaType)
  )
  .middleware(AsTenant)

/** One brand. */
const brand = HttpApiGroup.make("brand")
  .add(HttpApiEndpoint.get("get")`/api/brands/${brandParam}`.addSuccess(BrandView))
  .middleware(OnOwnBrand)

/** A brand's answers to the onboarding questions. */
const onboarding = HttpApiGroup.make("onboarding")
  .add(HttpApiEndpoint.get("get")`/api/brands/${brandParam}/onboarding`.addSuccess(AnswersView))
  .add(
    HttpApiEndpoint.put("put")`/api/brands/${brandParam}/onboarding`
      .setPayload(PutAnswers)
      .addSuccess(AnswersView)
      .addError(sent(422, InvalidAnswers, "An answer is blank, or its question is unknown"))
      .addError(bodyTooLarge)
      .addError(unsupportedMediaType)
  )
  .middleware(OnOwnBrand)

/** The accounts and sites that a brand has connected. */
const sources = HttpApiGroup.make("sources")
  .add(HttpApiEndpoint.get("list")`/api/brands/${brandParam}/sources`.addSuccess(SourceList))
  .add(
    HttpApiEndpoint.post("connect")`/api/brands/${brandParam}/sources`
      .setPayload(ConnectSource)
      .addSuccess(NewSourceView)
      .addSuccess(SourceView)
      .addError(bodyTooLarge)
      .addError(unsupportedMediaType)
  )
  .add(
    HttpApiEndpoint.patch("change")`/api/brands/${brandParam}/sources/${sourceParam}`
      .setPayload(ChangeSource)
      .addSuccess(SourceView)
      .addError(sourceNotFound)
      .addError(bodyTooLarge)
      .addError(unsupportedMediaType)
  )
  .add(
    HttpApiEndpoint.del("remove")`/api/brands/${brandParam}/sources/${sourceParam}`
      .addSuccess(HttpApiSchema.NoContent)
      .addError(sourceNotFound)
  )
  .middleware(OnOwnBrand)

/** A brand's compiles. */
const compiles = HttpApiGroup.make("compiles")
  .add(
    HttpApiEndpoint.post("request")`/api/brands/${brandParam}/brandbrain/compile`
      .setPayload(RequestCompile)
      .addSuccess(Requested)
      .addSuccess(Unchanged)
      .addError(sent(422, CannotCompile, "The brand cannot be compiled yet; every obstacle is listed"))
      .addError(bodyTooLarge)
      .addError(unsupportedMediaType)
      .annotate(OpenApi.Transform, withOptionalBody)
  )
  .add(
    HttpApiEndpoint.get("status")`/api/brands/${brandParam}/brandbrain/compile/${runParam}/status`
      .addSuccess(CompileStatusView)
      .addError(sent(404, CompileRunNotFound, "The brand has no such compile run"))
  )
  .middleware(OnOwnBrand)

/** A brand's snapshots. */
const snapshots = HttpApiGroup.make("snapshots")
  .add(
    HttpApiEndpoint.get("latest")`/api/brands/${brandParam}/brandbrain/latest`
      .setUrlParams(Include)
      .addSuccess(LatestView)
      .addError(sent(404, NoSnapshot, "The brand has not been compiled yet"))
  )
  .add(
    HttpApiEndpoint.get("history")`/api/brands/${brandParam}/brandbrain/history`
      .setUrlParams(HistoryPage)
      .addSuccess(History)
  )
  .middleware(OnOwnBrand)

/** A brand's overrides. */
const overrides = HttpApiGroup.make("overrides")
  .add(HttpApiEndpoint.get("get")`/api/brands/${brandParam}/brandbrain/overrides`.addSuccess(OverridesView))
  .add(
    HttpApiEndpoint.patch("patch")`/api/brands/${brandParam}/brandbrain/overrides`
      .setPayload(PatchOverrides)
      .addSuccess(OverridesView)
      .addError(bodyTooLarge)
      .addError(unsupportedMediaType)
  )
  .middleware(OnOwnBrand)

/** BrandBrain's HTTP API. The server, the typed client and the OpenAPI document are made from it. */
export const Api = emptyApi("brandbrain")
  .add(brands)
  .add(brand)
  .add(onboarding)
  .add(sources)
  .add(compiles)
  .add(snapshots)
  .add(overrides)
  .addError(unavailable)
  .addError(internalError)
  .annotate(OpenApi.Title, "BrandBrain")
  .annotate(OpenApi.Version, "1")
  .annotate(OpenApi.Description, "Brands, their sources, and the snapshots that are compiled from their evidence.")
  .annotate(OpenApi.Transform, withoutIds)
