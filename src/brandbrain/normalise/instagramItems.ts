import type { Media } from "../evidence/EvidenceItem.ts"
import { addressAt, cleanHashtags, countAt, instantAt, listAt, textAt } from "../json/readJson.ts"
import type { JsonObject } from "../json/readJson.ts"
import type { ItemContent } from "./ItemContent.ts"

/** Reads an item of apify~instagram-scraper. */
export const readPost = (raw: JsonObject): ItemContent => read(raw, null)

/** Reads an item of apify~instagram-reel-scraper: a post that may have a transcript. */
export const readReel = (raw: JsonObject): ItemContent => read(raw, textAt(raw, "transcript"))

const read = (raw: JsonObject, transcript: string | null): ItemContent => {
  const caption = textAt(raw, "caption")
  return {
    external_id: textAt(raw, "id"),
    canonical_url: addressAt(raw, "url"),
    published_at: instantAt(raw, "timestamp"),
    author_ref: textAt(raw, "ownerUsername"),
    title: null,
    text_primary: caption,
    text_secondary: transcript,
    hashtags: cleanHashtags(listAt(raw, "hashtags").map((tag) => textAt({ tag }, "tag"))),
    metrics: {
      likes: countAt(raw, "likesCount"),
      comments: countAt(raw, "commentsCount"),
      views: countAt(raw, "videoViewCount")
    },
    media: media(raw),
    flags: {
      has_transcript: transcript !== null,
      is_low_value: caption === null && transcript === null,
      is_collection_page: false
    }
  }
}

const media = (raw: JsonObject): ReadonlyArray<Media> => {
  const image = addressAt(raw, "displayUrl")
  const video = addressAt(raw, "videoUrl")
  return [
    ...image === null ? [] : [{ kind: "image", url: image } as const],
    ...video === null ? [] : [{ kind: "video", url: video } as const]
  ]
}
