import { Effect } from "effect"
import type { StopReason } from "../../domain/Outcome.ts"

/** A request to stop a handler. Several callers may make it; the first reason counts. */
export class StopRequest {
  private heard: ((reason: StopReason) => void) | undefined
  reason: StopReason | undefined

  /** Makes the request. Later reasons are ignored. */
  tell(reason: StopReason): Effect.Effect<void> {
    return Effect.sync(() => this.tellNow(reason))
  }

  /** The same, outside of any fiber. */
  tellNow(reason: StopReason): void {
    if (this.reason !== undefined) return
    this.reason = reason
    this.heard?.(reason)
  }

  /**
   * Calls `heard` once: when the handler is told to stop, or now if it was. Answers
   * a function that stops listening.
   */
  listen(heard: (reason: StopReason) => void): () => void {
    this.heard = heard
    if (this.reason !== undefined) heard(this.reason)
    return () => void (this.heard = undefined)
  }
}
