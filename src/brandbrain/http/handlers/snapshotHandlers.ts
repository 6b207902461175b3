import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, Option, Struct } from "effect"
import { fieldsOf } from "../../draft/Draft.ts"
import { Evidence } from "../../evidence/Evidence.ts"
import type { EvidenceItem } from "../../evidence/EvidenceItem.ts"
import { Snapshots } from "../../snapshots/Snapshots.ts"
import type { Snapshot } from "../../snapshots/Snapshots.ts"
import { CurrentBrand } from "../api/access.ts"
import { Api } from "../api/api.ts"
import { NoSnapshot } from "../api/refusals.ts"
import { instant } from "../api/views.ts"
import { orUnavailable } from "./orUnavailable.ts"
import { snapshotView } from "./snapshotView.ts"

/** A brand's snapshots. */
export const snapshotsLive = HttpApiBuilder.group(Api, "snapshots", (handlers) =>
  handlers
    .handle("latest", ({ urlParams: { include = [] } }) =>
      Effect.gen(function*() {
        const { id: brandId } = yield* CurrentBrand
        const snapshots = yield* Snapshots
        const evidence = yield* Evidence
        const latest = Option.getOrNull(yield* snapshots.latest(brandId))
        if (latest === null) return yield* new NoSnapshot()
        const items = (ids: ReadonlyArray<string>) =>
          Effect.map(evidence.findByIds(brandId, ids), (found) => found.map(evidenceView))
        return {
          ...snapshotView(latest),
          brand_id: brandId,
          compile_run_id: latest.compile_run_id,
          ...include.includes("evidence") ? { evidence: yield* items(citedEvidence(latest)) } : {},
          ...include.includes("bundle")
            ? {
              bundle: {
                bundle_id: latest.bundle_id,
                items: yield* items(
                  Option.getOrElse(yield* snapshots.bundleItemIds(brandId, latest.bundle_id), () => [])
                )
              }
            }
            : {}
        }
      }).pipe(orUnavailable))
    .handle("history", ({ urlParams: { page = 1, page_size = 10 } }) =>
      Effect.gen(function*() {
        const { id: brandId } = yield* CurrentBrand
        const snapshots = yield* Snapshots
        const found = yield* snapshots.history(brandId, { limit: page_size, offset: (page - 1) * page_size })
        return {
          snapshots: found.map(({ created_at, diff, id }) => ({
            snapshot_id: id,
            created_at: instant(created_at),
            diff_summary: diff
          })),
          page,
          page_size,
          total: yield* snapshots.count(brandId)
        }
      }).pipe(orUnavailable)))

const evidenceView = (item: EvidenceItem) => ({
  ...Struct.omit(item, "raw_refs"),
  published_at: item.published_at === null ? null : instant(item.published_at)
})

/** The ids of the evidence that the snapshot cites, each once, in reading order. */
const citedEvidence = ({ snapshot }: Snapshot): ReadonlyArray<string> => [
  ...new Set(
    Object.values(fieldsOf(snapshot)).flatMap(({ sources }) =>
      sources.filter(({ type }) => type === "evidence").map(({ id }) => id)
    )
  )
]
