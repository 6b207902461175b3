/** A request that was refused, or got no answer. */
export class ApiError extends Error {
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number
  /** The tag of the refusal, as in "job_not_found"; "unreachable" if there was no answer. */
  readonly tag: string

  constructor(status: number, tag: string, message: string) {
    super(message)
    this.status = status
    this.tag = tag
  }
}

/** An error of a request, or the error of the page that was thrown in its place. */
export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(0, "page", error instanceof Error ? `The page failed: ${error.message}` : "The page failed.")

/** The most milliseconds to wait for an answer. */
const answerWithin = 20_000

/** A client of the API, whose address follows from that of the page. */
export interface Client {
  /** The answer as JSON. Throws `ApiError`. */
  readonly ask: <A>(method: string, path: string, body?: unknown, signal?: AbortSignal) => Promise<A>
  /** Opens the feed of events after the one that is named. Throws `ApiError`. */
  readonly openFeed: (after: string, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>
}

/** False for what the server answers from its memory, also while its database is away. */
const asksStore = (path: string) => !/^(?:session|history|events)(?:\?|$)/.test(path)

/** The refusals that come from the store: no such job, and not in this status. */
const ofStore = new Set([404, 409])

/**
 * A client that sends this token, and the cookies of the app, which its own check may go by. `onUnauthorized` runs when
 * the server does not take the token. `onAnswer` gets false if the server or its database did not answer, and true when
 * the database has answered; of other answers it is not told.
 */
export const makeClient = (
  base: URL,
  token: () => string | null,
  onUnauthorized: () => void,
  onAnswer: (answers: boolean) => void
): Client => {
  const send = async (method: string, path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers)
    const bearer = token()
    if (bearer !== null && bearer !== "") headers.set("authorization", `Bearer ${bearer}`)
    let response: Response
    try {
      response = await fetch(new URL(path, base), {
        ...init,
        method,
        headers,
        cache: "no-store",
        credentials: "same-origin"
      })
    } catch (error) {
      if (init.signal?.aborted === true && !isTimeout(init.signal.reason)) throw error
      onAnswer(false)
      throw new ApiError(0, "unreachable", "The server does not answer. Check that its process runs.")
    }
    if (response.status >= 500) onAnswer(false)
    else if (asksStore(path) && (response.ok || ofStore.has(response.status))) onAnswer(true)
    if (response.ok) return response
    const refusal = await refusalOf(response)
    if (response.status === 401) onUnauthorized()
    throw refusal
  }
  return {
    ask: async <A>(method: string, path: string, body?: unknown, signal?: AbortSignal) => {
      const limit = AbortSignal.timeout(answerWithin)
      const response = await send(method, path, {
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } })
      })
      try {
        return JSON.parse(await response.text()) as A
      } catch (error) {
        if (signal?.aborted === true) throw error
        throw new ApiError(response.status, "unreadable", "The server's answer is not JSON. Is there a proxy between?")
      }
    },
    openFeed: async (after, signal) => {
      const headers: Record<string, string> = { accept: "text/event-stream" }
      if (after !== "") headers["last-event-id"] = after
      const { body } = await send("GET", "events", { headers, signal })
      if (body === null) throw new ApiError(0, "unreachable", "The feed of events is empty.")
      return body
    }
  }
}

const isTimeout = (reason: unknown) => reason instanceof DOMException && reason.name === "TimeoutError"

/** A refusal in the form that the API gives it, or of a proxy that answered in its place. */
const refusalOf = async (response: Response): Promise<ApiError> => {
  let fields: Readonly<Record<string, unknown>> = {}
  try {
    const parsed: unknown = JSON.parse(await response.text())
    if (typeof parsed === "object" && parsed !== null) fields = parsed as Readonly<Record<string, unknown>>
  } catch {
    // A proxy's answer is a page.
  }
  const { error, issues, message } = fields
  const tag = typeof error === "string" ? error : `http_${response.status}`
  const told = typeof message === "string" && message !== "" ? message : issuesText(issues) || refusalText(tag)
  return new ApiError(response.status, tag, told)
}

const issuesText = (issues: unknown): string =>
  Array.isArray(issues)
    ? issues.flatMap((issue: unknown) => {
      if (typeof issue !== "object" || issue === null) return []
      const { message, path } = issue as { readonly message?: unknown; readonly path?: unknown }
      const where = Array.isArray(path) ? path.join(".") : typeof path === "string" ? path : ""
      return typeof message === "string" ? [where === "" ? message : `${where}: ${message}`] : []
    }).join("; ")
    : ""

/** A refusal in a sentence that says what to do. */
export const refusalText = (tag: string): string => {
  switch (tag) {
    case "unauthorized":
      return "The server does not take this token."
    case "forbidden":
      return "This token can only read. Open the page with the full token to change anything."
    case "job_not_found":
      return "No job has this id. A person may have deleted it, or its retention is over."
    case "job_not_pending":
      return "The job is not pending any more, so nothing was changed."
    case "job_running":
      return "The job runs. Cancel it first, and delete it when it has ended."
    case "job_not_retryable":
      return "Only a failed or cancelled job can be retried."
    case "unique_key_taken":
      return "Another job holds the same unique key, so this one cannot wait beside it."
    case "unavailable":
      return "The database does not answer. The page tries again."
    case "too_many_clients":
      return "Too many pages follow the events. Close some of them."
    case "job_not_matching":
      return "It no longer fits the filter: something else changed it first."
    case "not_tried":
      return "Not tried, because the database did not answer for a job before it."
    case "internal_error":
      return "The server failed. Its log says why."
    default:
      return `The server refused it (${tag}).`
  }
}
