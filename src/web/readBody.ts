import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, ParseResult, Predicate, Schema, Stream } from "effect"
import type { IncomingMessage } from "node:http"
import { UnsupportedMediaType } from "./refusals.ts"
import type { InvalidRequest } from "./refusals.ts"
import { refuseIssues } from "./refuseIssues.ts"
import type { RawIssue } from "./refuseIssues.ts"

/** The longest body, in bytes, and the refusal of a longer one. */
interface BodyOptions<E> {
  readonly limit: number
  readonly tooLarge: Effect.Effect<never, E>
}

/**
 * A function that reads the request's JSON body.
 *
 * Only the handler reads it, so that a request for a missing thing is told so whatever its body is, and no body is held
 * in memory for nothing. An unknown member is refused, as it may be misspelt. An empty body counts as `{}`.
 */
export const bodyReader = <E>({ limit, tooLarge }: BodyOptions<E>) =>
<A, I>(
  schema: Schema.Schema<A, I>
): Effect.Effect<A, E | InvalidRequest | UnsupportedMediaType, HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    if (Number(request.headers["content-length"] ?? 0) > limit) return yield* Effect.zipRight(closeAfter, tooLarge)
    const encoding = request.headers["content-encoding"] ?? "identity"
    if (encoding.toLowerCase() !== "identity") {
      return yield* new UnsupportedMediaType({
        message: `Content-Encoding is ${quoted(encoding)}; send the body uncompressed`
      })
    }
    const bytes = yield* Effect.catchAll(collect(request, limit), () => Effect.zipRight(closeAfter, tooLarge))
    if (bytes.length > 0 && !isJson(request.headers["content-type"] ?? "")) {
      return yield* new UnsupportedMediaType({
        message: `Content-Type is ${quoted(request.headers["content-type"] ?? "not given")}; send application/json`
      })
    }
    const body = bytes.length === 0 ? {} : yield* parse(bytes)
    if (typeof body !== "object" || body === null || Array.isArray(body)) {
      const given = body === null ? "null" : Array.isArray(body) ? "an array" : `a ${typeof body}`
      return yield* refuseIssues([{ path: [], message: `expected a JSON object, got ${given}` }])
    }
    const problem = findProblem(body)
    if (problem !== null) return yield* refuseIssues([problem])
    if (countUpTo(body, maxValues + 1) > maxValues) {
      return yield* refuseIssues([{ path: [], message: `expected at most ${maxValues} values in all` }])
    }
    return yield* Schema.decodeUnknown(schema, { errors: "all", onExcessProperty: "error" })(body).pipe(
      Effect.mapError((error) => refuseIssues(ParseResult.ArrayFormatter.formatErrorSync(error)))
    )
  })

const isJson = (contentType: string) => /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType.trim())

const quoted = (header: string) => JSON.stringify(header.slice(0, 100))

const parse = (bytes: Uint8Array) =>
  Effect.try({
    try: () => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown,
    catch: (error) =>
      refuseIssues([{
        path: [],
        message: `expected JSON in UTF-8: ${error instanceof Error ? error.message : "not read"}`
      }])
  })

/**
 * Several times as many as any valid body has.
 *
 * A body has room for half a million. Finding the issue of each takes minutes, in which the worker beside the API
 * extends no lease.
 */
const maxValues = 2000

/** Counts the value, its members and its elements, but no further than `most`. */
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

/** SQLite's JSON parser gives up at a thousand levels. No statement needs as many as these. */
const maxDepth = 20

/** Finds problems that no schema reports: a value too deep to be stored, and the name that makes no own member. */
const findProblem = (value: unknown, path: ReadonlyArray<string> = []): RawIssue | null => {
  if (typeof value !== "object" || value === null) return null
  if (path.length > maxDepth) return { path, message: `expected at most ${maxDepth} levels` }
  if (Object.hasOwn(value, "__proto__")) {
    return { path: [...path, "__proto__"], message: "is a name that nothing can have" }
  }
  for (const [name, each] of Object.entries(value)) {
    const problem = findProblem(each, [...path, name])
    if (problem !== null) return problem
  }
  return null
}

/**
 * Leaves the rest of the body unread, and closes the connection after the answer.
 *
 * Reading on would cost what the limit saves. Closing at once would lose the answer.
 */
const closeAfter = HttpApp.appendPreResponseHandler((_, response) =>
  Effect.succeed(HttpServerResponse.setHeader(response, "connection", "close"))
)

/** Reads no more than the limit, even if the body declares no length. */
const collect = (request: HttpServerRequest.HttpServerRequest, limit: number): Effect.Effect<Uint8Array, "too large"> =>
  isOfNode(request.source) ? collectNode(request.source, limit) : collectStream(request, limit)

/** A stream of Node's can be left half read, which a stream of Effect's ends by closing the connection. */
const isOfNode = (source: unknown): source is IncomingMessage =>
  Predicate.hasProperty(source, "pause") && Predicate.hasProperty(source, "off")

const collectStream = (request: HttpServerRequest.HttpServerRequest, limit: number) =>
  Stream.runFoldEffect(request.stream, Buffer.alloc(0), (read, chunk) => {
    const bytes = Buffer.concat([read, chunk])
    return bytes.length > limit ? Effect.fail("too large" as const) : Effect.succeed(bytes)
  }).pipe(Effect.catchTag("RequestError", () => Effect.interrupt))

const collectNode = (source: IncomingMessage, limit: number) =>
  Effect.async<Uint8Array, "too large">((resume) => {
    const chunks: Array<Uint8Array> = []
    let length = 0
    const onData = (chunk: Uint8Array) => {
      length += chunk.length
      chunks.push(chunk)
      if (length > limit) {
        stop()
        resume(Effect.fail("too large"))
      }
    }
    const onEnd = () => resume(Effect.sync(() => Buffer.concat(chunks)))
    // The caller is gone, so nobody reads an answer. The server interrupts this fiber too.
    const onError = () => resume(Effect.interrupt)
    const stop = () => {
      source.off("data", onData).off("end", onEnd).off("error", onError).on("error", () => {})
      source.pause()
    }
    source.on("error", onError).on("end", onEnd).on("data", onData)
    return Effect.sync(stop)
  })
