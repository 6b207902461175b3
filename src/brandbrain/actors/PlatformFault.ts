import type * as HttpClientError from "@effect/platform/HttpClientError"
import { Clock, Effect, Option, Random, Schema } from "effect"
import { ActorPlatformError, isFull } from "./ActorPlatform.ts"

/** One request to the actor platform that failed, and what is known about what it did there. */
export interface PlatformFault {
  /** The HTTP status, or null when no answer came. */
  readonly status: number | null
  readonly type: string
  readonly reason: string
  /** Whether the cause is of a kind that passes. */
  readonly passing: boolean
  /** Whether the platform certainly did nothing about the request. */
  readonly nothingDone: boolean
  /** How many milliseconds the platform asked to be left alone. */
  readonly retryAfter: number
}

/** Sends the request again while that may help and can do nothing twice. When it cannot, tells the caller why. */
export const persistently = (options: {
  /** Whether sending the request twice does no more than sending it once. */
  readonly idempotent: boolean
}) =>
<A>(request: Effect.Effect<A, PlatformFault>): Effect.Effect<A, ActorPlatformError> => {
  const harmless = (fault: PlatformFault) => fault.nothingDone || options.idempotent

  const attempt = (failures: number, startedAt: number): Effect.Effect<A, PlatformFault> =>
    Effect.catchIf(request, (fault) => fault.passing && harmless(fault), (fault) =>
      Effect.gen(function*() {
        const backoff = firstBackoff * 2 ** failures * (yield* Random.nextRange(0.75, 1.25))
        // What the platform asked for comes on top, so that all whom it sent away do not come back at once.
        const delay = Math.round(backoff) + fault.retryAfter
        const elapsed = (yield* Clock.currentTimeMillis) - startedAt
        if (failures === maxRetries || elapsed + delay > maxElapsed) {
          return yield* Effect.fail(fault)
        }
        yield* Effect.logWarning("The actor platform failed; asking again").pipe(
          Effect.annotateLogs({ status: fault.status, type: fault.type, delay })
        )
        // Nothing is under way here, so whoever is told to stop may, even where a request is seen through.
        yield* Effect.interruptible(Effect.sleep(delay))
        return yield* attempt(failures + 1, startedAt)
      }))

  return Effect.flatMap(Clock.currentTimeMillis, (now) => attempt(0, now)).pipe(
    Effect.mapError((fault) => {
      const uncertain = !harmless(fault)
      return new ActorPlatformError({
        status: fault.status,
        type: fault.type,
        reason: uncertain ? `${fault.reason}; it may have done what it was asked` : fault.reason,
        // Asking every second makes no room, so that is not done here; a caller who has time may wait for it.
        retryable: (fault.passing || isFull(fault)) && !uncertain,
        uncertain
      })
    })
  )
}

/** Waits of about 1, 2, 4, 8 and 16 seconds outlast the restart of a gateway. */
const firstBackoff = 1_000
const maxRetries = 5

/** Whatever the platform asks for, no request begins later than this after the first. */
const maxElapsed = 120_000

/** The longest wait a platform can impose: a date that is days away is a clock gone wrong. */
const maxRetryAfter = 60_000

/** No whole answer came, and nobody here knows whether the request arrived. */
export const lost = (status: number | null, type: string, reason: string): PlatformFault => ({
  status,
  type,
  reason,
  passing: true,
  nothingDone: false,
  retryAfter: 0
})

/** A whole answer came, saying that all went well, and cannot be used. */
export const unusable = (status: number, type: string, reason: string): PlatformFault => ({
  ...lost(status, type, reason),
  passing: false
})

/** The platform could not be reached, or hung up before it said anything. */
export const unanswered = (error: HttpClientError.HttpClientError): PlatformFault =>
  Option.match(connectFailure(error.cause), {
    onNone: () => lost(null, "connection-lost", "The connection to the platform was lost"),
    onSome: (code) => ({
      ...lost(null, "unreachable", `The platform cannot be reached: ${code}`),
      nothingDone: true
    })
  })

/** The platform answered, and said no. */
export const refusal = (answer: {
  readonly status: number
  readonly body: string
  readonly retryAfter: string | undefined
  /** Takes out what nobody may see. */
  readonly scrub: (text: string) => string
  readonly now: number
}): PlatformFault => {
  const { now, retryAfter, scrub, status } = answer
  const said = decodeErrorAnswer(answer.body)
  // Scrubbed before it is cut: half a secret is no longer recognised.
  const word = (of: "type" | "message", length: number) =>
    Option.match(said, { onNone: () => "", onSome: ({ error }) => shown(scrub(error[of]), length) })
  return {
    status,
    type: word("type", 60) || "http-error",
    reason: word("message", 300) ||
      (status < 400 ? "The platform redirects, which is not followed" : "The platform refused without saying why"),
    passing: status === 429 || status >= 500,
    // A proxy says 503 also when it lost a platform that had the request already. The platform itself says it of
    // requests that it does not take.
    nothingDone: (status >= 400 && status < 500) ||
      (status === 503 && (Option.isSome(said) || retryAfter !== undefined)),
    retryAfter: retryAfterOf(retryAfter, now)
  }
}

const decodeErrorAnswer = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ error: Schema.Struct({ type: Schema.String, message: Schema.String }) }))
)

/** A header's seconds or date, as milliseconds from now. */
const retryAfterOf = (header: string | undefined, now: number): number => {
  const wanted = header === undefined
    ? 0
    : /^\s*\d+\s*$/.test(header)
    ? Number(header) * 1000
    : Date.parse(header) - now
  return Number.isNaN(wanted) ? 0 : Math.min(Math.max(wanted, 0), maxRetryAfter)
}

/** Text of the platform's own in one line of a sane length, such as any log or column can hold. */
export const shown = (text: string, length: number): string =>
  text.slice(0, length).replace(/[\p{Cc}\p{Cs}\s]+/gu, " ").trim()

/** The code of the failure, if it came before there was a connection: then nothing was sent. */
const connectFailure = (cause: unknown, depth = 0): Option.Option<string> => {
  if (!(cause instanceof Error) || depth > 4) {
    return Option.none()
  }
  const { code, syscall } = cause as { readonly code?: unknown; readonly syscall?: unknown }
  const connecting = syscall === "connect" || syscall === "getaddrinfo" || code === "UND_ERR_CONNECT_TIMEOUT"
  if (connecting && typeof code === "string") {
    return Option.some(code)
  }
  // One address after another was tried in vain, or a client wrapped what the socket said.
  const within = cause instanceof AggregateError ? cause.errors[0] as unknown : cause.cause
  return connectFailure(within, depth + 1)
}
