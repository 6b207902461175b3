import { Cause, Option, Predicate } from "effect"
import { bounded } from "./bounded.ts"
import { isPrivate, scrubbed } from "./secrets.ts"

/*
 * The text that a failed attempt leaves for people to read. Errors are read with
 * care: anything may be thrown, and its fields may hold secrets.
 */

/** The most bytes of a message: its beginning and its end say the most. */
const messageBytes = 2 * 1024

/** The most bytes of a field. */
const fieldBytes = 512

const mostFields = 30

/** The depth to which the fields of an error are read: `errors[0].detail.code` is three. */
const deepestField = 3

/** The most errors of a failure, causes and aggregated errors included. */
const mostErrors = 20

/** Fields that are told elsewhere or are not data. */
const toldElsewhere = new Set(["_tag", "name", "message", "stack", "cause", "errors"])

/** The field in which Effect keeps the span that raised an error; `Cause.pretty` shows the spans as frames. */
const spanSymbol = Symbol.for("effect/SpanAnnotation")

/** The text that `read` makes of an error. Reading a thrown value may throw itself, which must not stop the caller. */
export const readable = (read: () => string): string => {
  try {
    return read()
  } catch {
    return "An error that throws when it is shown"
  }
}

/**
 * Everything about a failure that a person may read. The failure is an error of
 * any kind, or a cause, whose errors are told one after the other. The text has
 * each error's message and stack, its fields of plain data, its cause and the
 * errors that it aggregates; parts that are too long are cut to both ends. It
 * leaves out requests, responses and headers, Redacted values, fields named like a
 * secret, passwords and tokens in URLs, and values behind getters and inspectors.
 * Only `name`, `message` and `stack` may be getters.
 */
export const readableError = (error: unknown): string => scrubbed(new Reading().error(error))

/** The reading of one failure: no error is told twice, and only so many are. */
class Reading {
  private readonly seen = new Set<object>()
  private told = 0

  private cause(cause: Cause.Cause<unknown>): string {
    const errors = failuresOf(cause)
    return errors.length === 0 ? Cause.pretty(cause) : this.each(errors).join("\n")
  }

  error(error: unknown): string {
    return readable(() => {
      if (Cause.isCause(error)) return this.cause(error)
      // What `Effect.validateAll` fails with.
      if (Array.isArray(error)) return this.each(error).join("\n")
      if (typeof error !== "object" || error === null) return `Error: ${bounded(String(error), messageBytes)}`
      if (this.seen.has(error)) return `${nameOf(error)}, told above`
      this.seen.add(error)
      // One part that cannot be read loses none of the others.
      return [readable(() => headOf(error)), ...partsOf(() => this.fields(error)), ...partsOf(() => this.behind(error))]
        .join("\n")
    })
  }

  private each(errors: ReadonlyArray<unknown>): ReadonlyArray<string> {
    const texts: Array<string> = []
    for (const error of errors) {
      if (this.told++ >= mostErrors) return [...texts, `and ${errors.length - texts.length} more`]
      texts.push(this.error(error))
    }
    return texts
  }

  /** The cause of an error, and the errors that it consists of. */
  private behind(error: object): ReadonlyArray<string> {
    const cause = ownData(error, "cause")
    const errors = ownData(error, "errors")
    const causes = cause === undefined || cause === null ? [] : this.each([cause]).map((text) => `[cause]: ${text}`)
    const parts = Array.isArray(errors) ? this.each(errors).map((text, index) => `[errors.${index}]: ${text}`) : []
    return [...causes, ...parts].map(indented)
  }

  private fields(error: object): ReadonlyArray<string> {
    const lines: Array<string> = []
    const walk = (value: object, path: string, depth: number): void => {
      if (isPrivatePair(value)) return
      for (const key of Object.keys(value)) {
        if (lines.length >= mostFields) return
        if (isPrivate(key) || depth === 1 && toldElsewhere.has(key)) continue
        lines.push(...partsOf(() => tell(ownData(value, key), path === "" ? key : `${path}.${key}`, depth)))
      }
    }
    const tell = (field: unknown, name: string, depth: number): ReadonlyArray<string> => {
      const text = scalar(field)
      if (text !== undefined) return [indented(`${bounded(name, fieldBytes)}: ${text}`)]
      if (Cause.isCause(field) || isError(field)) {
        return this.each([field]).map((text) => indented(`[${name}]: ${text}`))
      }
      if (isPlain(field) && depth < deepestField) walk(field, name, depth + 1)
      return []
    }
    walk(error, "", 1)
    return lines
  }
}

const partsOf = (read: () => ReadonlyArray<string>): ReadonlyArray<string> => {
  try {
    return read()
  } catch {
    return []
  }
}

/** A name beside its value, as headers and parameters are often kept. */
const isPrivatePair = (value: object): boolean =>
  [ownData(value, "name"), ownData(value, "key"), Array.isArray(value) ? value[0] as unknown : undefined]
    .some((name) => typeof name === "string" && isPrivate(name))

/** The failures and defects of a cause, in its order. */
const failuresOf = (cause: Cause.Cause<unknown>): ReadonlyArray<unknown> =>
  Cause.reduce(cause, [] as Array<unknown>, (errors, one) => {
    if (Cause.isFailType(one)) errors.push(one.error)
    if (Cause.isDieType(one)) errors.push(one.defect)
    return Option.some(errors)
  })

/** The name, message and stack of an error, with the spans it was raised in. */
const headOf = (error: object): string => {
  const name = nameOf(error)
  const message = textOf(error, "message")
  const head = message === "" ? name : `${name}: ${bounded(message, messageBytes)}`
  // Cause.pretty drops the frames that are Effect's own and adds the spans. It takes the first line for the message.
  const stack = `Error: head\n${isError(error) ? framesOf(textOf(error, "stack"), message) : ""}`
  const bare = Object.assign(new Error("head"), { stack, [spanSymbol]: Reflect.get(error, spanSymbol) as unknown })
  return head + Cause.pretty(Cause.fail(bare)).trimEnd().slice("Error: head".length)
}

/** A stack without the message that it begins with, which may look like frames itself. */
const framesOf = (stack: string, message: string): string => {
  const at = stack.indexOf(message)
  const behind = stack.slice(at < 0 ? 0 : at + message.length)
  const first = behind.search(/^ +at /m)
  return first < 0 ? "" : behind.slice(first)
}

const nameOf = (error: object): string => {
  const tag = dataOf(error, "_tag")
  if (typeof tag === "string") return bounded(tag, fieldBytes)
  return isError(error) ? bounded(textOf(error, "name"), fieldBytes) || "Error" : "object"
}

const textOf = (error: object, part: "message" | "name" | "stack"): string => {
  const text: unknown = Reflect.get(error, part)
  return typeof text === "string" ? text : ""
}

/** A field's value if it is plain data of the object's own, and no getter's. */
const ownData = (object: object, key: string): unknown => Object.getOwnPropertyDescriptor(object, key)?.value

/** The same, or the nearest of what it inherits. */
const dataOf = (object: object, key: string): unknown => {
  const owner = chainOf(object).find((one) => Object.getOwnPropertyDescriptor(one, key) !== undefined)
  return owner === undefined ? undefined : ownData(owner, key)
}

/** Also an error of another realm, as of `node:vm` or a frame: it inherits from another Error.prototype, which looks the same. */
const isError = (value: unknown): value is Error =>
  value instanceof Error
  || chainOf(value).some((one) => ownData(one, "name") === "Error" && ownData(one, "message") !== undefined)

/** An object and all that it inherits from. */
const chainOf = (value: unknown): ReadonlyArray<object> => {
  const chain: Array<object> = []
  for (let one = value; Predicate.isObject(one); one = Object.getPrototypeOf(one)) chain.push(one)
  return chain
}

/** True for an array and an object without a class. A Redacted value has one. */
const isPlain = (value: unknown): value is object =>
  Array.isArray(value)
  || Predicate.isObject(value) && (Object.getPrototypeOf(value) ?? Object.prototype) === Object.prototype

/** A value that is told in a word, as JSON writes it. */
const scalar = (value: unknown): string | undefined => {
  if (typeof value === "string") return JSON.stringify(bounded(value, fieldBytes))
  if (typeof value === "bigint") return `${value}n`
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value)
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined
}

const indented = (text: string) => text.split("\n").map((line) => `  ${line}`).join("\n")
