import { Schema } from "effect"

/** A language that evidence is written in. */
export const Language = Schema.Struct({
  /** ISO 639-1. */
  code: Schema.String,
  /** Its English name. */
  name: Schema.String,
  share_of_items: Schema.Number
})
export type Language = typeof Language.Type
