import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Predicate, Stream } from "effect"
import { HoldfastApi } from "../api/api.ts"
import type { EventFeed } from "../feed/EventFeed.ts"

/** Events as they happen, until the caller or the server ends. */
export const eventsLive = (feed: EventFeed) =>
  HttpApiBuilder.group(
    HoldfastApi,
    "events",
    (handlers) =>
      handlers.handle("subscribe", ({ headers, request, urlParams }) =>
        Effect.gen(function*() {
          // The place is kept until the answer has ended, which for a HEAD is at once.
          const { lines } = yield* feed.join(() => destroy(request.source))
          // A browser's own reader sends the header once it has been cut off.
          const after = headers["last-event-id"] ?? urlParams.after
          return HttpServerResponse.stream(Stream.encodeText(lines(after)), {
            contentType: "text/event-stream; charset=utf-8",
            // A proxy that gathers an answer would keep it back.
            headers: { "x-accel-buffering": "no" }
          })
        }))
  )

/** Ends the connection of a request of Node's. Of another kind the stream ends at its next line. */
const destroy = (source: unknown) => {
  if (Predicate.hasProperty(source, "destroy") && Predicate.isFunction(source.destroy)) source.destroy()
}
