import type { ItemContent } from "./ItemContent.ts"
import { Either } from "effect"
import type { Capability, Target } from "../config/capability.ts"
import { registry } from "../config/capability.ts"
import type { NormalisedItem } from "../evidence/EvidenceItem.ts"
import { isByAnother } from "./postedByAnother.ts"
import { at, countAt, isObject } from "../json/readJson.ts"
import type { JsonObject } from "../json/readJson.ts"
import { readPost, readReel } from "./instagramItems.ts"
import { readLinkedinPost } from "./linkedinItems.ts"
import { readShortVideo, readVideo } from "./videoItems.ts"
import { readPage } from "./webPages.ts"

/** Why a raw item became no evidence. It says nothing of what the item held. */
export type SkipReason =
  | "not_an_object"
  | "error_item"
  | "error_page"
  | "another_author"
  | "no_external_id"
  | "no_canonical_url"

/**
 * Reads one raw item as evidence, or says why it is none.
 *
 * Takes any JSON value and never throws: one odd item must not cost the run.
 * `rawRef` is where the item is kept. `target` is the source's: what somebody else posted is no
 * evidence of it. Null where any author will do.
 */
export const normalise = (
  capability: Capability,
  raw: unknown,
  rawRef: NormalisedItem["raw_refs"][number],
  target: Target | null = null
): Either.Either<NormalisedItem, SkipReason> => {
  if (!isObject(raw)) {
    return Either.left("not_an_object")
  }
  if (isErrorItem(raw)) {
    return Either.left("error_item")
  }
  if (isErrorPage(raw)) {
    return Either.left("error_page")
  }
  if (target !== null && isByAnother(capability, target, raw)) {
    return Either.left("another_author")
  }
  const { contentType, platform } = registry[capability]
  const reading = readers[capability](raw)
  if (platform === "web" && reading.canonical_url === null) {
    return Either.left("no_canonical_url")
  }
  if (platform !== "web" && reading.external_id === null) {
    return Either.left("no_external_id")
  }
  return Either.right({ platform, content_type: contentType, ...reading, raw_refs: [rawRef] })
}

const readers: Readonly<Record<Capability, (raw: JsonObject) => ItemContent>> = {
  "instagram.posts": readPost,
  "instagram.reels": readReel,
  "linkedin.company_posts": (raw) => readLinkedinPost(raw, "company_url"),
  "linkedin.profile_posts": (raw) => readLinkedinPost(raw, "profile_url"),
  "tiktok.profile_videos": readShortVideo,
  "youtube.channel_videos": readVideo,
  "web.crawl_pages": readPage
}

/** A crawler brings the page that a server shows when there is none, however long it is. */
const isErrorPage = (raw: JsonObject) => (countAt(raw, "crawl", "httpStatusCode") ?? 0) >= 400

/** Actors put what went wrong among the items, as `error` or `#error`. */
const isErrorItem = (raw: JsonObject) =>
  [at(raw, "error"), at(raw, "#error")].some((error) =>
    (typeof error === "string" && error !== "") || error === true || isObject(error)
  )
