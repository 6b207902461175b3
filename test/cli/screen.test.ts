import { assert, describe, it } from "@effect/vitest"
import { makeScreen } from "../../src/cli/screen.ts"

const screenOf = (columns: number) => {
  const written: Array<string> = []
  return { written, screen: makeScreen({ isTTY: true, columns, write: (text) => written.push(text) }) }
}

describe("the last line of a terminal", () => {
  it("is written over, cut to the width, and stays below what scrolls by", () => {
    const { screen, written } = screenOf(20)
    screen.show("gathering, 3 of 7 sources")
    screen.write("an event\n")
    screen.show("")
    const cut = "gathering, 3 of 7 s"
    const blanks = `\r${" ".repeat(19)}\r`
    assert.deepStrictEqual(written, [cut, `${blanks}an event\n${cut}`, blanks])
  })
})
