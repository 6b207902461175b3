import { assert, describe, it } from "@effect/vitest"
import { DateTime, HashMap, Option, Redacted } from "effect"
import { differences, differencesInFields } from "../../src/testing/differences.ts"

const zoned = () => DateTime.unsafeMakeZoned(0, { timeZone: "Europe/London" })

/** One whose parts were asked for, and are kept in it. */
const asked = () => {
  const instant = zoned()
  assert.strictEqual(DateTime.toParts(instant).hours, 1)
  return instant
}

describe("differences", () => {
  const equal: Readonly<Record<string, readonly [unknown, unknown]>> = {
    "fields and items": [{ a: [1, { b: "c" }] }, { a: [1, { b: "c" }] }],
    "options": [Option.some(1), Option.some(1)],
    "instants, whatever was asked of one": [{ at: zoned() }, { at: asked() }],
    "hash maps, in whatever order they were filled": [
      HashMap.make(["a", 1], ["b", 2]),
      HashMap.make(["b", 2], ["a", 1])
    ],
    "dates": [new Date(1), new Date(1)],
    "bytes": [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    "maps and sets": [new Map([["a", new Set([1])]]), new Map([["a", new Set([1])]])],
    "secrets": [Redacted.make("a"), Redacted.make("a")]
  }
  for (const [what, [one, other]] of Object.entries(equal)) {
    it(`there are none between equal ${what}`, () => assert.deepStrictEqual(differences("", one, other), []))
  }

  const different: Readonly<Record<string, readonly [unknown, unknown, ReadonlyArray<string>]>> = {
    "a field": [{ a: { b: 1, c: 1 } }, { a: { b: 2, c: 1 } }, ["a.b: expected 1, got 2"]],
    "a field that is missing": [{ a: { b: 1 } }, { a: {} }, ["a.b: expected 1, got undefined"]],
    "a field too many": [{ a: {} }, { a: { b: 1 } }, ["a.b: expected undefined, got 1"]],
    "an item": [[1, 2], [1, 3], ["[1]: expected 2, got 3"]],
    "an item too many": [{ a: [1] }, { a: [1, 2] }, ["a: expected [ 1 ], got [ 1, 2 ]"]],
    "a type": [{ a: 1 }, { a: "1" }, ["a: expected 1, got '1'"]],
    "nothing": [{ a: {} }, { a: null }, ["a: expected {}, got null"]],
    "bytes": [{ a: new Uint8Array([1]) }, { a: new Uint8Array([2]) }, [
      "a: expected Uint8Array(1) [ 1 ], got Uint8Array(1) [ 2 ]"
    ]],
    "a secret, and do not show it": [{ a: Redacted.make("mine") }, { a: Redacted.make("yours") }, [
      "a: expected <redacted>, got <redacted>"
    ]]
  }
  for (const [what, [one, other, lines]] of Object.entries(different)) {
    it(`tell ${what}`, () => assert.deepStrictEqual(differences("", one, other), lines))
  }

  it("tell a value that is long by its beginning", () => {
    const [line = ""] = differences("a", "x".repeat(10_000), "y")
    assert.match(line, /^a: expected 'x{299} …, got 'y'$/)
  })

  it("in fields leave those alone that are not asked for, at the top and nowhere below", () => {
    assert.deepStrictEqual(differencesInFields("", { a: { b: 1 } }, { a: { b: 1 }, c: 2 }), [])
    assert.deepStrictEqual(differencesInFields("", { a: { b: 1 } }, { a: { b: 1, c: 2 } }), [
      "a.c: expected undefined, got 2"
    ])
    assert.deepStrictEqual(differencesInFields("p", { a: 1 }, null), ["p: expected { a: 1 }, got null"])
  })
})
