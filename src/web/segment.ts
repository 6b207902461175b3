import { Schema } from "effect"

/** One segment of a path. The router has already decoded it; a client must encode it. */
export const Segment = Schema.transform(Schema.String, Schema.String, {
  strict: true,
  decode: (decoded) => decoded,
  encode: encodeURIComponent
})
