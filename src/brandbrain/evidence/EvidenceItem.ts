import { Schema } from "effect"
import { ContentType, Platform } from "../config/capability.ts"

/** Names a raw item that an evidence item was read from. */
export const RawRef = Schema.Struct({ apify_run_id: Schema.String, item_index: Schema.Int })

/** An image or video of the evidence item. */
export const Media = Schema.Struct({ kind: Schema.Literal("image", "video"), url: Schema.String })
export type Media = typeof Media.Type

/** Facts to know before relying on an evidence item. */
export const Flags = Schema.Struct({
  has_transcript: Schema.Boolean,
  /** It has no text; or it is a web page with too little text, or one that lists other pages. */
  is_low_value: Schema.Boolean,
  is_collection_page: Schema.Boolean
})

/**
 * One post, video or page, in one shape for every platform.
 *
 * A field that the platform left out, or sent in the wrong type, is null. Texts contain no NUL and no lone surrogate,
 * so every database stores them unchanged.
 */
export const NormalisedItem = Schema.Struct({
  platform: Platform,
  content_type: ContentType,
  external_id: Schema.NullOr(Schema.String),
  /** As a browser writes it, without fragment: so it is ASCII and sorts the same everywhere. */
  canonical_url: Schema.NullOr(Schema.String),
  /** Epoch milliseconds. */
  published_at: Schema.NullOr(Schema.Int),
  author_ref: Schema.NullOr(Schema.String),
  title: Schema.NullOr(Schema.String),
  text_primary: Schema.NullOr(Schema.String),
  text_secondary: Schema.NullOr(Schema.String),
  /** Lower case, without `#`, each once. */
  hashtags: Schema.Array(Schema.String),
  metrics: Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.Number) }),
  media: Schema.Array(Media),
  flags: Flags,
  raw_refs: Schema.Array(RawRef)
})
export type NormalisedItem = typeof NormalisedItem.Type

/** A stored evidence item. The id is derived from the brand and the item's key, so one post stays one row. */
export const EvidenceItem = Schema.Struct({ id: Schema.String, ...NormalisedItem.fields })
export type EvidenceItem = typeof EvidenceItem.Type
