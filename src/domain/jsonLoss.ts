import { Option } from "effect"

/**
 * Says where JSON would make something else of a value, and what it would keep,
 * in the form "a finite number at scores.0": NaN becomes null, a Date text and a
 * Map an empty object, all in silence. A member that is undefined is as good as
 * missing, and -0 is 0. The value itself is not shown, since it may be a secret.
 *
 * To be asked of what JSON.stringify has taken, so that it has an end.
 */
export const jsonLoss = (value: unknown): Option.Option<string> =>
  Option.map(
    Option.fromNullable(lossIn(value)),
    ({ kept, path }) => `${kept} at ${path.length === 0 ? "the top" : path.join(".")}`
  )

/** The path is put together on the way back, which most values never take. */
interface Loss {
  readonly kept: string
  readonly path: ReadonlyArray<string | number>
}

const lossIn = (value: unknown): Loss | undefined => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined
  if (typeof value === "number") return Number.isFinite(value) ? undefined : { kept: "a finite number", path: [] }
  if (typeof value !== "object") return { kept: "a value that JSON can hold", path: [] }
  return Array.isArray(value) ? lossInArray(value) : lossInObject(value)
}

const lossInArray = (items: ReadonlyArray<unknown>): Loss | undefined => {
  // By index, because JSON turns a hole of a sparse array into null, and Object.keys leaves holes out.
  for (let index = 0; index < items.length; index++) {
    const loss = lossIn(items[index])
    if (loss !== undefined) return { ...loss, path: [index, ...loss.path] }
  }
  return undefined
}

const lossInObject = (value: object): Loss | undefined => {
  if (!isPlain(value)) return { kept: "a plain object or another value that JSON can hold", path: [] }
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    const loss = lossIn(member)
    if (loss !== undefined) return { ...loss, path: [key, ...loss.path] }
  }
  return undefined
}

/** True for an object without a class, of any realm, and without members that JSON does not see. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === null || Object.getPrototypeOf(prototype) === null)
    && Object.getOwnPropertySymbols(value).length === 0
}
