import { Schema } from "effect"

/**
 * Tells values of a class of ours, also of a second copy of this package, as a
 * bundler or a monorepo may give an app: `instanceof` knows its own copy only. A
 * value that throws when it is read is none.
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
