import {
  addressAt,
  cleanHashtags,
  countAt,
  epochMillisAt,
  instantAt,
  isObject,
  listAt,
  textAt,
  valueAt
} from "../json/readJson.ts"
import type { JsonObject } from "../json/readJson.ts"
import type { ItemContent } from "./ItemContent.ts"

/** Reads an item of either LinkedIn actor. They name the author's address differently. */
export const readLinkedinPost = (raw: JsonObject, authorUrl: "company_url" | "profile_url"): ItemContent => {
  const text = textAt(raw, "text")
  return {
    external_id: textAt(raw, "activity_urn") ?? textAt(raw, "full_urn"),
    canonical_url: addressAt(raw, "post_url"),
    published_at: epochMillisAt(raw, "posted_at", "timestamp") ?? instantAt(raw, "posted_at", "date"),
    author_ref: textAt(raw, "author", authorUrl),
    title: null,
    text_primary: text,
    text_secondary: null,
    hashtags: cleanHashtags(text?.match(/#[\p{L}\p{M}\p{N}_]+/gu) ?? []),
    metrics: {
      reactions: countAt(raw, "stats", "total_reactions"),
      likes: countAt(raw, "stats", "like"),
      comments: countAt(raw, "stats", "total_comments"),
      reposts: countAt(raw, "stats", "reposts")
    },
    media: listAt(raw, "media", "items").filter(isObject).flatMap((item) => {
      const url = addressAt(item, "url")
      return url === null ? [] : [{ kind: valueAt(raw, "media", "type") === "video" ? "video" : "image", url } as const]
    }),
    flags: { has_transcript: false, is_low_value: text === null, is_collection_page: false }
  }
}
