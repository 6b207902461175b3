import type { ComponentChildren } from "preact"
import { asApiError } from "../api/client.ts"

/** Shown until the first answer comes. */
export const Loading = ({ what }: { readonly what: string }) => (
  <div class="state" role="status">
    <span class="spinner" aria-hidden="true"></span>
    Loading {what}…
  </div>
)

/** Shown in place of what could not be loaded. */
export const Failure = ({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) => {
  const { message, status } = asApiError(error)
  return (
    <div class="state state-bad" role="alert">
      <strong>{status === 404 ? "Not found" : "This could not be loaded"}</strong>
      <p>{message}</p>
      {status === 404
        ? <a class="button" href="#/jobs">All jobs</a>
        : <button type="button" onClick={onRetry}>Try again</button>}
    </div>
  )
}

/** Shown where there is nothing, with what to do about it. */
export const Empty = ({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) => (
  <div class="state">
    <strong>{title}</strong>
    {children}
  </div>
)
