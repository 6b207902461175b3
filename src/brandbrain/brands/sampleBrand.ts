import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import type { Capability } from "../config/capability.ts"
import { asStorageError } from "../storage/StorageError.ts"
import { inTurnOfBrand } from "../storage/turns.ts"
import type { Answers } from "./answers.ts"
import { Brands, defaultTenant } from "./Brands.ts"
import { Sources } from "./Sources.ts"

/** The brand of the recorded evidence. It is made up. */
export const sampleBrandId = "quillhaven"

/**
 * Creates the sample brand with its answers and one source of every capability, and returns its id.
 *
 * If it has answers already, it stays as it is, with everything that was changed since.
 */
export const createSampleBrand = Effect.fn("createSampleBrand")(function*() {
  const sql = yield* SqlClient.SqlClient
  const brands = yield* Brands
  const sources = yield* Sources
  const fill = Effect.gen(function*() {
    const { answers: existing } = yield* brands.profile(sampleBrandId)
    if (Object.keys(existing).length > 0) {
      return
    }
    yield* brands.saveAnswers(sampleBrandId, answers)
    yield* Effect.forEach(
      Object.entries(accounts),
      ([source, account]) => sources.connect(sampleBrandId, { source, ...account }),
      { discard: true }
    )
  })
  yield* brands.add({ id: sampleBrandId, tenantId: defaultTenant, name: "Quillhaven Coffee" }).pipe(
    Effect.zipRight(inTurnOfBrand(sql, sampleBrandId)(fill)),
    sql.withTransaction
  )
  return sampleBrandId
}, asStorageError("createSampleBrand"))

const answers: Answers = {
  "tier0.what_we_do":
    "We roast specialty coffee to order in a boathouse in Merrow Bay and send it to people who brew at home.",
  "tier0.who_for":
    "Curious home brewers who own a grinder, care where things come from, and do not want to be lectured.",
  "tier0.primary_goal": "Turn followers into tasting-box subscribers, and keep subscribers past their third month.",
  "tier0.cta_posture": "Teach first. Ask once at the end, softly, and never with a countdown.",
  "tier1.taboos": [
    "Snobbery about milk, sugar or supermarket coffee",
    "Health claims",
    "\"Fair\" or \"ethical\" without a number beside it"
  ],
  "tier1.risk_boundaries": [
    "No farmer's picture or income without their written consent",
    "No comparison with a named competitor"
  ]
}

const accounts: Readonly<
  Record<Capability, { readonly identifier: string; readonly extraStartUrls?: ReadonlyArray<string> }>
> = {
  "instagram.posts": { identifier: "@quillhavencoffee" },
  "instagram.reels": { identifier: "https://www.instagram.com/quillhavencoffee/" },
  "linkedin.company_posts": { identifier: "https://www.linkedin.com/company/Quillhaven-Coffee/" },
  "linkedin.profile_posts": { identifier: "https://www.linkedin.com/in/tom-quill/" },
  "tiktok.profile_videos": { identifier: "@quillhavencoffee" },
  "youtube.channel_videos": { identifier: "https://www.youtube.com/channel/UCq1LlHaVeNc0ffee_Roast3" },
  "web.crawl_pages": {
    identifier: "https://www.quillhaven.example/",
    extraStartUrls: ["https://www.quillhaven.example/our-farms", "https://www.quillhaven.example/shop"]
  }
}
