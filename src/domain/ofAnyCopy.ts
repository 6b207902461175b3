import { Schema } from "effect"

/**
 * Recognises values of a class of Holdfast, also of a second copy of this package,
 * as a bundler or a monorepo may give an app: `instanceof` knows only its own
 * copy. A value that throws when it is read is not recognised.
 */
export const ofAnyCopy = <A, I>(schema: Schema.Schema<A, I>) => {
  const is = Schema.is(schema)
  return (value: unknown): value is A => {
    try {
      return is(value)
    } catch {
      return false
    }
  }
}
