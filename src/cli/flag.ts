import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import { Either } from "effect"
import type { Reader } from "./settings.ts"

/** A flag with a value, whose refusal names it. */
export const flag = <A>(name: string, value: string, read: Reader<A>, description: string) =>
  textFlag(name, value, (text) => read(text.trim()), description)

/** The same for a name, in which blanks at an end count. */
export const textFlag = <A>(name: string, value: string, read: Reader<A>, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName(value),
    Options.withDescription(description),
    Options.mapEffect((text) =>
      Either.mapLeft(
        read(text),
        (problem) => ValidationError.invalidValue(HelpDoc.p(`--${name}: ${problem}`))
      )
    ),
    Options.optional
  )
