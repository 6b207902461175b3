import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Effect, ParseResult, Schema } from "effect"
import type { IncomingMessage } from "node:http"
import { BodyTooLarge, InvalidRequest, UnsupportedMediaType } from "../api/refusals.ts"
import type { Issue } from "../api/refusals.ts"

/** All answers at their longest are 0.4 MB of letters. */
export const bodyLimit = 1024 * 1024

/**
 * The request's JSON body.
 *
 * It is read by the handler and not before it, so that a request for a brand
 * that is not there is told so whatever it carries, and no body is held in
 * memory that nothing will look at. A member that is not known is refused, as
 * it may be a misspelt one. No body is `{}` to a schema that asks for nothing.
 */
export const readBody = <A, I>(
  schema: Schema.Schema<A, I>
): Effect.Effect<A, BodyTooLarge | InvalidRequest | UnsupportedMediaType, HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const source = NodeHttpServerRequest.toIncomingMessage(request)
    if (Number(request.headers["content-length"] ?? 0) > bodyLimit) return yield* tooLarge
    const encoding = request.headers["content-encoding"] ?? "identity"
    if (encoding.toLowerCase() !== "identity") {
      return yield* new UnsupportedMediaType({
        message: `Content-Encoding is ${quoted(encoding)}; send the body uncompressed`
      })
    }
    const bytes = yield* collect(source)
    if (bytes.length > 0 && !isJson(request.headers["content-type"] ?? "")) {
      return yield* new UnsupportedMediaType({
        message: `Content-Type is ${quoted(request.headers["content-type"] ?? "not given")}; send application/json`
      })
    }
    const body = bytes.length === 0 ? {} : yield* parse(bytes)
    if (typeof body !== "object" || body === null || Array.isArray(body)) {
      const given = body === null ? "null" : Array.isArray(body) ? "an array" : `a ${typeof body}`
      return yield* invalid([{ path: [], message: `expected a JSON object, got ${given}` }])
    }
    const problem = problemOf(body)
    if (problem !== null) return yield* invalid([problem])
    if (countUpTo(body, mostValues + 1) > mostValues) {
      return yield* invalid([{ path: [], message: `expected at most ${mostValues} values in all` }])
    }
    return yield* Schema.decodeUnknown(schema, { errors: "all", onExcessProperty: "error" })(body).pipe(
      Effect.mapError((error) => invalid(ParseResult.ArrayFormatter.formatErrorSync(error)))
    )
  })

interface RawIssue {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

/**
 * The refusal that names each member and what is allowed there, once.
 *
 * A union tells what is wrong with each of its parts: where one has more to say
 * of something inside, that is what is wrong, and what each expected is one list.
 * What was given is not repeated whole.
 */
export const invalid = (issues: ReadonlyArray<RawIssue>): InvalidRequest => {
  const paths = new Map<string, Array<string>>()
  const outside = new Set<string>()
  for (const { message, path } of issues) {
    const at = path.map(String).join(".")
    paths.set(at, [...paths.get(at) ?? [], message])
    for (let length = 1; length < path.length; length++) outside.add(path.slice(0, length).map(String).join("."))
  }
  return new InvalidRequest({
    issues: [...paths].filter(([path]) => !outside.has(path)).slice(0, 50).map(([path, messages]): Issue => ({
      path: path.slice(0, 200),
      message: shortened(oneMessage(messages))
    }))
  })
}

const oneMessage = (messages: ReadonlyArray<string>) => {
  const parts = messages.flatMap((message) => {
    const [, expected, actual] = /^Expected (.*?), actual (.*)$/s.exec(message) ?? []
    return expected === undefined || actual === undefined ? [] : [{ expected, actual }]
  })
  const [first] = parts
  return first === undefined || parts.length < messages.length
    ? messages[0] ?? ""
    : `expected ${[...new Set(parts.map(({ expected }) => expected))].join(" or ")}, got ${first.actual}`
}

const shortened = (text: string) => text.length > 700 ? `${text.slice(0, 500)}…${text.slice(-150)}` : text

const isJson = (contentType: string) => /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType.trim())

const quoted = (header: string) => JSON.stringify(header.slice(0, 100))

const parse = (bytes: Uint8Array) =>
  Effect.try({
    try: () => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown,
    catch: (error) =>
      invalid([{ path: [], message: `expected JSON in UTF-8: ${error instanceof Error ? error.message : "not read"}` }])
  })

/**
 * Several times what any body has in it. To look for what is wrong with each of the half million
 * that a body has room for takes minutes, in which the worker beside it extends no lease.
 */
const mostValues = 2000

/** How many values are in this one, each member and element and it itself, counted no further than `most`. */
const countUpTo = (value: unknown, most: number): number => {
  const left = [value]
  let count = 0
  while (left.length > 0 && count < most) {
    const each = left.pop()
    count++
    if (typeof each !== "object" || each === null) continue
    for (const member of Object.values(each)) {
      if (left.push(member) >= most) return most
    }
  }
  return count
}

/** SQLite's own JSON gives up at a thousand levels, and no statement has a use for so many. */
const deepest = 20

/** What no schema would tell: a value too deep to be kept, and the one name that makes no member of an object. */
const problemOf = (value: unknown, path: ReadonlyArray<string> = []): RawIssue | null => {
  if (typeof value !== "object" || value === null) return null
  if (path.length > deepest) return { path, message: `expected at most ${deepest} levels` }
  if (Object.hasOwn(value, "__proto__")) {
    return { path: [...path, "__proto__"], message: "is a name that nothing can have" }
  }
  for (const [name, each] of Object.entries(value)) {
    const problem = problemOf(each, [...path, name])
    if (problem !== null) return problem
  }
  return null
}

/**
 * The rest of the body stays where it is, and the connection ends with the
 * answer: read to its end it would cost what the limit is there to save, and cut
 * off at once it would take the answer with it.
 */
const tooLarge = Effect.zipRight(
  HttpApp.appendPreResponseHandler((_, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "connection", "close"))
  ),
  new BodyTooLarge({ limit_bytes: bodyLimit })
)

/** Reads no more than the limit, also of a body that does not say how long it is. */
const collect = (source: IncomingMessage) =>
  Effect.async<Uint8Array, "too large">((resume) => {
    const chunks: Array<Uint8Array> = []
    let length = 0
    const onData = (chunk: Uint8Array) => {
      length += chunk.length
      chunks.push(chunk)
      if (length > bodyLimit) {
        stop()
        resume(Effect.fail("too large"))
      }
    }
    const onEnd = () => resume(Effect.sync(() => Buffer.concat(chunks)))
    // The caller has gone away, so nobody reads an answer; the server interrupts this fiber too.
    const onError = () => resume(Effect.interrupt)
    const stop = () => {
      source.off("data", onData).off("end", onEnd).off("error", onError).on("error", () => {})
      source.pause()
    }
    source.on("error", onError).on("end", onEnd).on("data", onData)
    return Effect.sync(stop)
  }).pipe(Effect.catchAll(() => tooLarge))
