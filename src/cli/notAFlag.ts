import * as HelpDoc from "@effect/cli/HelpDoc"
import { Effect, FiberRef } from "effect"

/** The words of the command line that stand behind a `--`, which are arguments whatever they begin with. */
export const argumentsBehindDashes: FiberRef.FiberRef<ReadonlySet<string>> = FiberRef.unsafeMake<ReadonlySet<string>>(
  new Set()
)

/**
 * Refuses an argument that begins with a dash, unless it stands behind a `--`:
 * @effect/cli takes a flag that it does not know for an argument.
 */
export const notAFlag = (text: string): Effect.Effect<string, HelpDoc.HelpDoc> =>
  Effect.flatMap(FiberRef.get(argumentsBehindDashes), (behind) =>
    !text.startsWith("-") || behind.has(text)
      ? Effect.succeed(text)
      : Effect.fail(
        HelpDoc.p(`Received unknown argument: '${text}'. Write -- in front of one that begins with a dash`)
      ))
