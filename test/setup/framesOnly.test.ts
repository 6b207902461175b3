import { assert, describe, it } from "vitest"
import config from "../../vitest.config.ts"

/** As long, and with as many quotes, as the message of an effect that failed with a large value. */
const value = JSON.stringify(Array.from({ length: 20_000 }, (_, index) => ({ index, text: "with \"quotes\"" })))

const failure = new Error(`${value}\n${value}`, { cause: new TypeError(value, { cause: new RangeError(value) }) })

interface Told {
  readonly name: string
  readonly message: string
  readonly stack: string
  readonly cause?: Told
}

const chainOf = (error: Told | undefined): ReadonlyArray<Told> =>
  error === undefined ? [] : [error, ...chainOf(error.cause)]

describe("a test that fails with a large value", () => {
  let told: ReadonlyArray<unknown> = []

  it.fails("throws it", ({ onTestFailed }) => {
    onTestFailed(({ task }) => void (told = task.result?.errors ?? []))
    throw failure
  })

  it("keeps the frames alone in its stack, and in those of its causes", () => {
    assert.lengthOf(told, 1)
    const chain = chainOf(told[0] as Told)
    assert.deepStrictEqual(chain.map(({ name }) => name), ["Error", "TypeError", "RangeError"])
    for (const { message, stack } of chain) {
      assert.isTrue(message.startsWith(value))
      const lines = stack.split("\n")
      assert.include(lines[0], "framesOnly.test.ts")
      assert.deepStrictEqual(lines.filter((line) => !/^ +at \S/.test(line)).map((line) => line.slice(0, 80)), [])
    }
  })
})

it("every project of vitest keeps frames alone", () => {
  assert.include(config.test?.setupFiles, "test/setup/framesOnly.ts")
  const projects = config.test?.projects ?? []
  assert.isNotEmpty(projects)
  assert.isTrue(
    projects.every((project) => typeof project === "object" && "extends" in project && project.extends === true)
  )
})
