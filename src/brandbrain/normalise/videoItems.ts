import type { Media } from "../evidence/EvidenceItem.ts"
import { addressAt, cleanHashtags, countAt, instantAt, listAt, textAt } from "../json/readJson.ts"
import type { JsonObject } from "../json/readJson.ts"
import type { ItemContent } from "./ItemContent.ts"

/** Reads an item of clockworks~tiktok-scraper. */
export const readShortVideo = (raw: JsonObject): ItemContent => {
  const text = textAt(raw, "text")
  return {
    external_id: textAt(raw, "id"),
    canonical_url: addressAt(raw, "webVideoUrl"),
    published_at: instantAt(raw, "createTimeISO"),
    author_ref: textAt(raw, "authorMeta", "name"),
    title: null,
    text_primary: text,
    text_secondary: null,
    hashtags: cleanHashtags(listAt(raw, "hashtags").map((tag) => textAt(tag, "name"))),
    metrics: {
      plays: countAt(raw, "playCount"),
      likes: countAt(raw, "diggCount"),
      comments: countAt(raw, "commentCount"),
      shares: countAt(raw, "shareCount"),
      saves: countAt(raw, "collectCount")
    },
    media: cover(addressAt(raw, "videoMeta", "coverUrl")),
    flags: { has_transcript: false, is_low_value: text === null, is_collection_page: false }
  }
}

/** Reads an item of streamers~youtube-scraper. The title is its main text, the description its second. */
export const readVideo = (raw: JsonObject): ItemContent => {
  const title = textAt(raw, "title")
  const description = textAt(raw, "text")
  return {
    external_id: textAt(raw, "id"),
    canonical_url: addressAt(raw, "url"),
    published_at: instantAt(raw, "date"),
    author_ref: textAt(raw, "channelId"),
    title,
    text_primary: title,
    text_secondary: description,
    hashtags: cleanHashtags(listAt(raw, "hashtags").map((tag) => textAt({ tag }, "tag"))),
    metrics: {
      views: countAt(raw, "viewCount"),
      likes: countAt(raw, "likes"),
      comments: countAt(raw, "commentsCount")
    },
    media: cover(addressAt(raw, "thumbnailUrl")),
    flags: {
      has_transcript: false,
      is_low_value: title === null && description === null,
      is_collection_page: false
    }
  }
}

const cover = (url: string | null): ReadonlyArray<Media> => url === null ? [] : [{ kind: "image", url }]
