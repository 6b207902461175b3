import { Console, Effect, Option } from "effect"
import { Brands } from "../brands/Brands.ts"

/** Prints the value as indented JSON. */
export const print = (value: unknown) => Console.log(JSON.stringify(value, null, 2))

/** Prints the value as one line of JSON. */
export const printLine = (value: unknown) => Console.log(JSON.stringify(value))

/** Prints the brand's newest of something, or `none` if it has none yet. A missing brand is an error. */
export const printNewest = <E, R>(brand: string, newest: Effect.Effect<Option.Option<unknown>, E, R>, none: unknown) =>
  Effect.gen(function*() {
    yield* (yield* Brands).profile(brand)
    yield* print(Option.getOrElse(yield* newest, () => none))
  })
