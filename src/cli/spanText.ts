import { Duration } from "effect"

/** A span in its two largest units, such as `3m 20s`, or `0s` below a second. */
export const spanText = (millis: number): string =>
  millis < 1000 ? "0s" : Duration.format(Duration.seconds(Math.floor(millis / 1000))).split(" ").slice(0, 2).join(" ")

/** The distance of an instant from now, such as `3m 20s ago` or `in 2h`. */
export const distanceText = (at: number, now: number): string =>
  at > now ? `in ${spanText(at - now)}` : `${spanText(now - at)} ago`
