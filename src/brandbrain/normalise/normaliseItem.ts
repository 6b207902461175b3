import { Either } from "effect"
import { longestAddress } from "../brands/normaliseIdentifier.ts"
import { registry } from "../config/capability.ts"
import type { Capability, Target } from "../config/capability.ts"
import type { NormalisedItem } from "../evidence/EvidenceItem.ts"
import { countAt, isObject, valueAt } from "../json/readJson.ts"
import type { JsonObject } from "../json/readJson.ts"
import { readPost, readReel } from "./instagramItems.ts"
import type { ItemContent } from "./ItemContent.ts"
import { readLinkedinPost } from "./linkedinItems.ts"
import { isPostedByAnother } from "./postedByAnother.ts"
import { readShortVideo, readVideo } from "./videoItems.ts"
import { readPage } from "./webPages.ts"

/** The reason why a raw item is not evidence. Reveals nothing of its content. */
export type SkipReason =
  | "not_an_object"
  | "error_item"
  | "error_page"
  | "another_author"
  | "no_external_id"
  | "no_canonical_url"

/**
 * Reads one raw item as evidence, or gives the reason for skipping it.
 *
 * Takes any JSON value and never throws, so that one odd item does not fail the run. `rawRef` names the stored item.
 * With a `target`, an item that somebody else posted is skipped.
 */
export const normaliseItem = (
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
  if (target !== null && isPostedByAnother(capability, target, raw)) {
    return Either.left("another_author")
  }
  const { contentType, platform } = registry[capability]
  const content = withKeys(readers[capability](raw))
  if (platform === "web" && content.canonical_url === null) {
    return Either.left("no_canonical_url")
  }
  if (platform !== "web" && content.external_id === null) {
    return Either.left("no_external_id")
  }
  return Either.right({ platform, content_type: contentType, ...content, raw_refs: [rawRef] })
}

/** Leaves out a key that is too long for an index: PostgreSQL's rows hold 2.7 kB. */
const withKeys = (content: ItemContent): ItemContent => ({
  ...content,
  external_id: atMost(content.external_id, 500),
  canonical_url: atMost(content.canonical_url, longestAddress)
})

const atMost = (text: string | null, length: number) => text === null || text.length > length ? null : text

const readers: Readonly<Record<Capability, (raw: JsonObject) => ItemContent>> = {
  "instagram.posts": readPost,
  "instagram.reels": readReel,
  "linkedin.company_posts": (raw) => readLinkedinPost(raw, "company_url"),
  "linkedin.profile_posts": (raw) => readLinkedinPost(raw, "profile_url"),
  "tiktok.profile_videos": readShortVideo,
  "youtube.channel_videos": readVideo,
  "web.crawl_pages": readPage
}

/** True for the page that a server shows instead of a missing one. It may be long. */
const isErrorPage = (raw: JsonObject) => (countAt(raw, "crawl", "httpStatusCode") ?? 0) >= 400

/** True for an error that the actor reports among its items, as `error` or `#error`. */
const isErrorItem = (raw: JsonObject) =>
  [valueAt(raw, "error"), valueAt(raw, "#error")].some((error) =>
    (typeof error === "string" && error !== "") || error === true || isObject(error)
  )
