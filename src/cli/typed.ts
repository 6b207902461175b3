import { Effect, FiberRef } from "effect"

/** The line that a person types to run one of the commands, in the folder of the package. */
export const typed = (command: "start" | "brandbrain" | "holdfast", ...args: ReadonlyArray<string>): string =>
  ["npx pnpm@10", command, ...args].join(" ")

/** The command line's first words where the package is installed. */
export const installed = "npx holdfast"

const holdfast = FiberRef.unsafeMake(typed("holdfast"))

/** Runs an effect whose hints are for a person who has the package installed. */
export const withInstalled: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Effect.locally(
  holdfast,
  installed
)

/** The line that a person types to run one of the commands for a queue, as the one that runs now was typed. */
export const typedHoldfast = (...args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.map(FiberRef.get(holdfast), (command) => [command, ...args].join(" "))
