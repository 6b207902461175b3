import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect } from "effect"
import { Sources } from "../../brands/Sources.ts"
import type { Obstacle } from "../../compile/compileObstacles.ts"
import { compileStatus } from "../../compile/compileStatus.ts"
import type { CompileStatus } from "../../compile/compileStatus.ts"
import { requestCompile } from "../../compile/requestCompile.ts"
import { CurrentBrand } from "../api/access.ts"
import { Api } from "../api/api.ts"
import { CannotCompile, CompileRunNotFound } from "../api/refusals.ts"
import { RequestCompile } from "../api/requests.ts"
import type { CompileStatusView } from "../api/views.ts"
import { orUnavailable } from "./orUnavailable.ts"
import { readBody } from "./readBody.ts"
import { snapshotView } from "./snapshotView.ts"

/** A brand's compiles. */
export const compilesLive = HttpApiBuilder.group(Api, "compiles", (handlers) =>
  handlers
    .handleRaw("request", () =>
      Effect.gen(function*() {
        const { force_refresh: forceRefresh = false } = yield* readBody(RequestCompile)
        const { id: brandId } = yield* CurrentBrand
        const answer = yield* requestCompile({ brandId, forceRefresh })
        return answer._tag === "Unchanged"
          ? {
            compile_run_id: answer.snapshot.compile_run_id,
            status: "UNCHANGED" as const,
            snapshot: snapshotView(answer.snapshot)
          }
          : {
            compile_run_id: answer.compileRunId,
            status: "PENDING" as const,
            poll_url: `/api/brands/${encodeURIComponent(brandId)}/brandbrain/compile/${answer.compileRunId}/status`
          }
      }).pipe(
        Effect.catchTags({
          CompileRefused: ({ reasons }) =>
            new CannotCompile({
              errors: reasons.map((reason) => ({ ...reason, message: sentences[reason.code] }))
            }),
          BrandNotFound: Effect.die,
          InvalidJob: Effect.die,
          JobIdConflict: Effect.die
        }),
        orUnavailable
      ))
    .handle("status", ({ path }) =>
      Effect.gen(function*() {
        const { id: brandId } = yield* CurrentBrand
        const status = yield* compileStatus({ brandId, compileRunId: path.run })
        return statusView(path.run, status, (yield* (yield* Sources).listEnabled(brandId)).length)
      }).pipe(Effect.catchTag("CompileRunNotFound", () => new CompileRunNotFound()), orUnavailable)))

const sentences: Readonly<Record<Obstacle["code"], string>> = {
  MISSING_TIER0_FIELDS: "Answer these questions first",
  NO_ENABLED_SOURCES: "Connect a source first, or enable one"
}

/** `sources` stands in for the progress until the compile reports it, which it does first. */
const statusView = (compile_run_id: string, status: CompileStatus, sources: number): CompileStatusView => {
  switch (status.status) {
    case "PENDING":
      return { compile_run_id, status: "PENDING" }
    case "RUNNING":
      return {
        compile_run_id,
        status: "RUNNING",
        progress: status.progress ?? { stage: "gathering", sources_completed: 0, sources_total: sources }
      }
    case "SUCCEEDED":
      return {
        compile_run_id,
        status: "SUCCEEDED",
        evidence_status: status.evidence_status,
        snapshot: snapshotView(status.snapshot)
      }
    case "FAILED":
      return { compile_run_id, status: "FAILED", error: status.error, evidence_status: status.evidence_status }
  }
}
