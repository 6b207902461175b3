import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { reportFeatures } from "../../../src/brandbrain/draft/featureReport.ts"
import type { EvidenceItem } from "../../../src/brandbrain/evidence/EvidenceItem.ts"
import { selectBundle } from "../../../src/brandbrain/evidence/selectBundle.ts"
import type { BundleLimits } from "../../../src/brandbrain/evidence/selectBundle.ts"
import { drafted } from "../draft/drafting.ts"
import { evidenceItems } from "./arbitraryEvidence.ts"
import { someEvidence } from "./someEvidence.ts"

const limits = (cap: number, maxItems = 40): BundleLimits => ({ capOf: () => cap, maxItems })

const post = (
  id: string,
  published_at: number | null,
  likes: number,
  changed: Partial<EvidenceItem> = {}
): EvidenceItem =>
  someEvidence({
    id,
    external_id: id,
    canonical_url: `https://www.instagram.com/p/${id}/`,
    published_at,
    metrics: { likes },
    flags: { has_transcript: false, is_low_value: true, is_collection_page: false },
    ...changed
  })

const page = (id: string, collection: boolean) =>
  post(id, null, 0, {
    platform: "web",
    content_type: "web_page",
    flags: { has_transcript: false, is_low_value: false, is_collection_page: collection }
  })

const ids = (items: ReadonlyArray<EvidenceItem>) => items.map((item) => item.id)

describe("a bundle", () => {
  const twelve = Array.from({ length: 12 }, (_, day) => post(`day${day}`, day, 100 - day))

  it("holds the three newest of a group and then the five best of the rest", () => {
    assert.sameMembers(
      ids(selectBundle(twelve, limits(8))),
      ["day11", "day10", "day9", "day0", "day1", "day2", "day3", "day4"]
    )
  })

  it("holds no more of a group than its cap, the newest before the best", () => {
    assert.sameMembers(ids(selectBundle(twelve, limits(4))), ["day11", "day10", "day9", "day0"])
    assert.sameMembers(ids(selectBundle(twelve, limits(2))), ["day11", "day10"])
  })

  it("holds the best by engagement where all the groups together are too many", () => {
    const reels = twelve.map((item) => ({
      ...item,
      id: `reel-${item.id}`,
      content_type: "reel" as const,
      metrics: { likes: 1_000 }
    }))
    assert.isTrue(selectBundle([...twelve, ...reels], limits(8, 8)).every((item) => item.content_type === "reel"))
  })

  it("leaves out pages that only list others, unless the web is all there is", () => {
    const pages = [page("about", false), page("shop", true)]
    assert.deepStrictEqual(ids(selectBundle([...pages, post("p", 1, 1)], limits(8))), ["p", "about"])
    assert.sameMembers(ids(selectBundle(pages, limits(8))), ["about", "shop"])
  })

  it("breaks ties by date, newest first, then by address", () => {
    const at = (address: string) => ({ canonical_url: `https://cobble.example/${address}` })
    const ties = [post("a", 1, 5, at("2")), post("b", 1, 5, at("1")), post("c", 2, 5, at("3")), post("d", null, 5)]
    assert.deepStrictEqual(ids(selectBundle(ties, limits(8))), ["c", "b", "a", "d"])
  })

  it("is never more than its limits allow", () => {
    fc.assert(
      fc.property(
        evidenceItems(60),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 20 }),
        (items, cap, most) => {
          const bundle = selectBundle(items, limits(cap, most))
          assert.isAtMost(bundle.length, most)
          for (const { content_type, platform } of bundle) {
            assert.isAtMost(
              bundle.filter((item) => item.platform === platform && item.content_type === content_type).length,
              cap
            )
          }
        }
      )
    )
  })

  const shuffled = evidenceItems(40).chain((items) =>
    fc.tuple(fc.constant(items), fc.shuffledSubarray([...items], { minLength: items.length }))
  )

  it("is the same, and so is the report of all items, byte for byte, in whatever order the items come", () => {
    fc.assert(
      fc.property(shuffled, ([items, other]) => {
        const bundle = (items: ReadonlyArray<EvidenceItem>) => JSON.stringify(selectBundle(items, limits(6, 20)))
        assert.strictEqual(bundle(other), bundle(items))
        assert.strictEqual(JSON.stringify(reportFeatures(other)), JSON.stringify(reportFeatures(items)))
      }),
      { numRuns: 200 }
    )
  })

  // The bundle being the same, a draft can only differ by something other than its input, which it then does nearly always.
  it("has one draft, byte for byte, in whatever order the items come", () => {
    const draftOf = (items: ReadonlyArray<EvidenceItem>) => {
      const bundle = selectBundle(items, limits(6, 20))
      const report = reportFeatures(bundle)
      return JSON.stringify(
        drafted({ brandName: "Cobble", answers: {}, bundle, bundleId: "b", report, reportId: "r" })
      )
    }
    fc.assert(
      fc.property(shuffled, ([items, other]) => assert.strictEqual(draftOf(other), draftOf(items))),
      { numRuns: 20 }
    )
  })
})
