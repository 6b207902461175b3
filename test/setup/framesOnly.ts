import { Predicate } from "effect"
import { beforeEach } from "vitest"

/**
 * Leaves in a failed test's stacks the frames alone, without the message before
 * them. Vitest (3.2) looks for frames in every line, with an expression that
 * takes forever on a line with many quotes and no "@": the message of an effect
 * that failed with a value is all of that value as JSON.
 */
beforeEach(({ onTestFailed }) => onTestFailed(({ task }) => task.result?.errors?.forEach(framesOnly)))

const framesOnly = (error: unknown): void => {
  if (!Predicate.isRecord(error)) return
  const { cause, stack } = error
  if (Predicate.isString(stack)) error["stack"] = stack.split("\n").filter((line) => /^\s+at /.test(line)).join("\n")
  framesOnly(cause)
}
