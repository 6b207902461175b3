import * as ValidationError from "@effect/cli/ValidationError"
import { Cause, ConfigError, Console, Effect, Predicate } from "effect"
import { isDiskFullCode } from "../store/dialect.ts"
import * as Logging from "./logging.ts"
import type { Output } from "./output.ts"

/** Logs to standard error, once, why the program ends: an expected failure as a sentence, any other with its stack. */
export const report =
  (args: ReadonlyArray<string>, output: Output) => (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
    if (Cause.isInterruptedOnly(cause)) return Effect.void
    const failure = Cause.squash(cause)
    if (ValidationError.isValidationError(failure)) return pointAtHelp(args, failure)
    const sentence = Cause.isFailure(cause) ? sentenceOf(failure) : ""
    return Effect.provide(
      sentence === "" ? Effect.logError("Unexpected failure", cause) : Effect.logError(sentence),
      Logging.layer(output)
    )
  }

/** @effect/cli has said what is wrong. Of a word that is not a command it only said which commands there are. */
const pointAtHelp = (args: ReadonlyArray<string>, error: ValidationError.ValidationError) => {
  if (ValidationError.isHelpRequested(error)) return Effect.void
  const isNamed = !ValidationError.isCommandMismatch(error) && !ValidationError.isMissingSubcommand(error)
  return Console.error(
    isNamed || args.length === 0
      ? "Run it with --help to see what is allowed."
      : `Not understood: ${args.join(" ")}\nRun it with --help to see what is allowed.`
  )
}

/** The sentence that tells a person of an expected failure; empty for any other. */
export const sentenceOf = (failure: unknown): string => {
  const sentence = withoutClasses(messageOf(failure))
  return isDiskFull(failure) ? `The disk is full: free some space and start again (${sentence})` : sentence
}

/** Drops the names of our classes where an error's text holds another error's: they tell a person nothing. */
const withoutClasses = (sentence: string) => sentence.replace(/\b(?:[A-Z][a-z]+)*(?:Error|Failure): /g, "")

/** Looks for the code of Node or of a database, under every wrapper. */
const isDiskFull = (failure: unknown): boolean => {
  let current = failure
  for (let depth = 0; depth < 10 && Predicate.isRecord(current); depth++) {
    const code = current["code"]
    if (code === "ENOSPC" || code === "EDQUOT" || isDiskFullCode(code)) return true
    current = current["cause"]
  }
  return false
}

const messageOf = (failure: unknown): string =>
  ConfigError.isConfigError(failure)
    ? [...new Set(leaves(failure))].join("; ")
    : failure instanceof Error
    ? failure.message
    : ""

/** The problem with each variable, which is named once. */
const leaves = (error: ConfigError.ConfigError): ReadonlyArray<string> => {
  if (error._op === "And" || error._op === "Or") return [...leaves(error.left), ...leaves(error.right)]
  const variable = error.path.at(-1) ?? ""
  return [error.message.includes(variable) ? error.message : `${variable}: ${error.message}`]
}
