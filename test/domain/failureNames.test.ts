import { assert, it } from "@effect/vitest"
import { Exit, Option } from "effect"
import { Outcome, outcomeOf, StopReason } from "../../src/domain/Outcome.ts"
import { NeverRetry } from "../../src/domain/Verdict.ts"

const nameOf = (error: unknown) => {
  const outcome = outcomeOf(Exit.fail(error), Option.none())
  return outcome._tag === "Fail" ? outcome.name : outcome._tag
}

it("a failure is named by its tag, else by its error's name, else by its type, and shows nothing of itself", () => {
  const names = [{ _tag: "NotFound" }, new TypeError("secret"), "secret", 42, null, undefined, { secret: true }, {
    _tag: 1
  }]
  assert.deepStrictEqual(names.map(nameOf), [
    "NotFound",
    "TypeError",
    "string",
    "number",
    "object",
    "undefined",
    "object",
    "object"
  ])
})

it("an error that throws when its name is asked for is an object like any other", () => {
  const hidden = {
    get _tag(): string {
      throw new Error("no")
    }
  }
  assert.strictEqual(nameOf(hidden), "object")
})

it("a reason never to try again is named as it would be by itself", () => {
  const outcome = outcomeOf(Exit.fail(new NeverRetry({ reason: "secret" })), Option.none())
  assert.deepInclude(outcome, { _tag: "Fail", name: "string", final: true })
})

it("an abandoned attempt says why", () => {
  for (const reason of ["LeaseLost", "DeadlinePassed"] as const) {
    const outcome = outcomeOf(Exit.void, Option.some(StopReason[reason]()))
    assert.deepStrictEqual(outcome, Outcome.Abandon({ reason }))
  }
})
