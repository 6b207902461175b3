import { Console, Effect, Option } from "effect"
import type { Streams } from "./Streams.ts"

/** Prints answers above what a terminal shows in its last line. */
export const jobLines = ({ screen }: Pick<Streams, "screen">) => ({
  line: (text: string) =>
    Option.match(screen, {
      onNone: () => Console.log(text),
      onSome: ({ write }) => Effect.sync(() => void write(`${text}\n`))
    }),
  show: (text: string) => Effect.sync(() => void Option.map(screen, ({ show }) => show(text)))
})
