import { Schema } from "effect"
import { Capability } from "../config/capability.ts"

/** An account or web site of a brand that evidence is gathered from. */
export const Source = Schema.Struct({
  id: Schema.String,
  brandId: Schema.String,
  source: Capability,
  /** Normalised. */
  identifier: Schema.String,
  /** More start pages of a web site, besides its home page. Normalised; empty for anything else. */
  extraStartUrls: Schema.Array(Schema.String)
})
export type Source = typeof Source.Type

/** A source with its settings, enabled or not. */
export const Connection = Schema.Struct({
  ...Source.fields,
  enabled: Schema.Boolean,
  createdAt: Schema.Int,
  updatedAt: Schema.Int
})
export type Connection = typeof Connection.Type
