import { DateTime, Option } from "effect"

/** Epoch milliseconds as ISO 8601, or as they are where no date holds them, as an app's own SQL may have set them. */
export const instantText = (millis: number): string =>
  Option.match(DateTime.make(millis), { onNone: () => `${millis} ms`, onSome: DateTime.formatIso })
