import type * as HttpClientError from "@effect/platform/HttpClientError"
import { Option, Schema } from "effect"

/** One request to the actor platform that failed, and what it may have done there. */
export interface PlatformFault {
  /** The HTTP status; null if no answer came. */
  readonly status: number | null
  readonly type: string
  readonly reason: string
  /** The cause may pass. */
  readonly passing: boolean
  /** The platform certainly did nothing. */
  readonly nothingDone: boolean
  /** The milliseconds that the platform asked to wait. */
  readonly retryAfter: number
}

/** The longest wait that a platform can impose. A date that is days away comes from a wrong clock. */
const maxRetryAfter = 60_000

/** No complete answer came, so nobody knows whether the request took effect. */
export const incompleteAnswer = (status: number | null, type: string, reason: string): PlatformFault => ({
  status,
  type,
  reason,
  passing: true,
  nothingDone: false,
  retryAfter: 0
})

/** A complete answer of success came, but it cannot be used. */
export const unusableAnswer = (status: number, type: string, reason: string): PlatformFault => ({
  ...incompleteAnswer(status, type, reason),
  passing: false
})

/** The platform could not be reached, or hung up before it answered. */
export const connectionFailed = (error: HttpClientError.HttpClientError): PlatformFault =>
  Option.match(findConnectCode(error.cause), {
    onNone: () => incompleteAnswer(null, "connection-lost", "The connection to the platform was lost"),
    onSome: (code) => ({
      ...incompleteAnswer(null, "unreachable", `The platform cannot be reached: ${code}`),
      nothingDone: true
    })
  })

/** The platform answered with a refusal. */
export const refused = (answer: {
  readonly status: number
  readonly body: string
  readonly retryAfter: string | undefined
  readonly hideSecrets: (text: string) => string
  readonly now: number
}): PlatformFault => {
  const { hideSecrets, now, retryAfter, status } = answer
  const decoded = decodeErrorAnswer(answer.body)
  // Secrets are hidden before the text is cut, since half a secret is not recognised.
  const textOf = (field: "type" | "message", length: number) =>
    Option.match(decoded, { onNone: () => "", onSome: ({ error }) => oneLine(hideSecrets(error[field]), length) })
  return {
    status,
    type: textOf("type", 60) || "http-error",
    reason: textOf("message", 300) ||
      (status < 400
        ? "The platform answered with a redirect, which is not followed"
        : "The platform refused without a reason"),
    passing: status === 429 || status >= 500,
    // A proxy also answers 503 when it loses a platform that has the request already. The platform itself answers 503
    // only to requests that it does not take.
    nothingDone: (status >= 400 && status < 500) ||
      (status === 503 && (Option.isSome(decoded) || retryAfter !== undefined)),
    retryAfter: retryAfterMillis(retryAfter, now)
  }
}

const decodeErrorAnswer = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ error: Schema.Struct({ type: Schema.String, message: Schema.String }) }))
)

/** Reads the header, which holds seconds or a date. */
const retryAfterMillis = (header: string | undefined, now: number): number => {
  const wanted = header === undefined
    ? 0
    : /^\s*\d+\s*$/.test(header)
    ? Number(header) * 1000
    : Date.parse(header) - now
  return Number.isNaN(wanted) ? 0 : Math.min(Math.max(wanted, 0), maxRetryAfter)
}

/** The start of the platform's text in one line, safe for any log or column. */
export const oneLine = (text: string, length: number): string =>
  text.slice(0, length).replace(/[\p{Cc}\p{Cs}\s]+/gu, " ").trim()

/** The code of a failure to connect. None for a later failure, when the request may have been sent. */
const findConnectCode = (cause: unknown, depth = 0): Option.Option<string> => {
  if (!(cause instanceof Error) || depth > 4) {
    return Option.none()
  }
  const { code, syscall } = cause as { readonly code?: unknown; readonly syscall?: unknown }
  const connecting = syscall === "connect" || syscall === "getaddrinfo" || code === "UND_ERR_CONNECT_TIMEOUT"
  if (connecting && typeof code === "string") {
    return Option.some(code)
  }
  // Several addresses were tried, or the client wrapped the socket's error.
  const within = cause instanceof AggregateError ? cause.errors[0] as unknown : cause.cause
  return findConnectCode(within, depth + 1)
}
