import { Schema } from "effect"
import { ContentType, Platform } from "../config/capability.ts"

/** The raw item that a piece of evidence was read from. */
export const RawRef = Schema.Struct({ apify_run_id: Schema.String, item_index: Schema.Int })

/** A picture or a film that goes with the evidence, at its own address. */
export const Media = Schema.Struct({ kind: Schema.Literal("image", "video"), url: Schema.String })
export type Media = typeof Media.Type

/** What a reader should know before leaning on the evidence. */
export const Flags = Schema.Struct({
  has_transcript: Schema.Boolean,
  /** There is no text, or (on the web) too little of it, or it is only a list of other pages. */
  is_low_value: Schema.Boolean,
  is_collection_page: Schema.Boolean
})

/**
 * One post, video or page, in the same shape whatever platform it comes from.
 *
 * What the platform did not say, or said in the wrong type, is null. Texts hold
 * no NUL and no lone surrogate, so every database keeps them as they are.
 */
export const NormalisedItem = Schema.Struct({
  platform: Platform,
  content_type: ContentType,
  external_id: Schema.NullOr(Schema.String),
  /** As a browser would write it, without fragment: therefore ASCII, and sorted alike everywhere. */
  canonical_url: Schema.NullOr(Schema.String),
  /** Epoch milliseconds. */
  published_at: Schema.NullOr(Schema.Int),
  author_ref: Schema.NullOr(Schema.String),
  title: Schema.NullOr(Schema.String),
  text_primary: Schema.NullOr(Schema.String),
  text_secondary: Schema.NullOr(Schema.String),
  /** Lower-case, without `#`, each once. */
  hashtags: Schema.Array(Schema.String),
  metrics: Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.Number) }),
  media: Schema.Array(Media),
  flags: Flags,
  raw_refs: Schema.Array(RawRef)
})
export type NormalisedItem = typeof NormalisedItem.Type

/** Evidence as it is kept: the id follows from the brand and the item's key, so one post is one row for ever. */
export const EvidenceItem = Schema.Struct({ id: Schema.String, ...NormalisedItem.fields })
export type EvidenceItem = typeof EvidenceItem.Type
