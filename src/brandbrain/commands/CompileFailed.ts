import { Schema } from "effect"

/** A watched compile has ended without a snapshot. */
export class CompileFailed extends Schema.TaggedError<CompileFailed>()("CompileFailed", {
  /** The last error of its job. */
  error: Schema.String,
  /** The line that a person types to compile the brand again. */
  next: Schema.String
}) {
  override get message() {
    return `The compile failed: ${this.error.trim()}. Once that is mended, type: ${this.next}`
  }
}
