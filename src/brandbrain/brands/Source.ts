import { Schema } from "effect"
import { Capability } from "../config/capability.ts"

/** An account or site that a brand has connected, to be gathered from. */
export const Source = Schema.Struct({
  id: Schema.String,
  brandId: Schema.String,
  source: Capability,
  /** Normalised. */
  identifier: Schema.String,
  /** Pages of a web site to start at besides its home page; normalised, only for the web. */
  extraStartUrls: Schema.Array(Schema.String)
})
export type Source = typeof Source.Type

/** A source as the brand sees it, turned off or not. */
export const Connection = Schema.Struct({
  ...Source.fields,
  enabled: Schema.Boolean,
  createdAt: Schema.Int,
  updatedAt: Schema.Int
})
export type Connection = typeof Connection.Type
