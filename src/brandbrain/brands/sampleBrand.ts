import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import type { Answers } from "./answers.ts"
import { Brands, defaultTenant } from "./Brands.ts"
import type { Capability } from "../config/capability.ts"
import { Sources } from "./Sources.ts"
import { storage } from "../storage/StorageError.ts"

/** The brand that the recorded evidence is about. It does not exist. */
export const sampleBrandId = "quillhaven"

/**
 * Creates the sample brand, with its answers and one source of every capability. Succeeds with its id.
 *
 * What is there already stays: answers that someone has changed, and sources that someone has turned off.
 */
export const createSampleBrand = Effect.fn("createSampleBrand")(function*() {
  const sql = yield* SqlClient.SqlClient
  const brands = yield* Brands
  const sources = yield* Sources
  yield* Effect.gen(function*() {
    yield* brands.add({ id: sampleBrandId, tenantId: defaultTenant, name: "Quillhaven Coffee" })
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
  }).pipe(sql.withTransaction)
  return sampleBrandId
}, storage("createSampleBrand"))

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
