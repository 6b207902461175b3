import { assert, describe, it } from "vitest"
import { pause, undoPause } from "../../../src/dashboard/api/pauses.ts"
import type { Pause } from "../../../src/domain/Pause.ts"
import { fakeClient } from "./fakeClient.ts"

const target = { scope: "queue", name: "a/b" } as const
const made = (pausedAt: number, pausedBy: string | null): Pause => ({ ...target, pausedAt, pausedBy })

/** A server with this pause, or none, that answers a request for a pause with `answer`. */
const server = (now: Pause | null, answer: Pause | null = null) =>
  fakeClient((request) =>
    request === "GET pauses"
      ? { pauses: now === null ? [] : [now] }
      : request.startsWith("PUT")
      ? answer
      : { resumed: true }
  )

describe("a pause", () => {
  it("is new where there was none, with and without a name", async () => {
    const { asked, client } = server(null, made(5, "Ada"))
    assert.deepStrictEqual(await pause(client, target, "Ada"), { pause: made(5, "Ada"), isNew: true })
    assert.deepStrictEqual(asked, ["GET pauses", `PUT pauses/queue/a%2Fb {"by":"Ada"}`])
    assert.isTrue((await pause(server(null, made(5, null)).client, target, "")).isNew)
  })

  it("is not new where somebody had paused it, also under the same name or a moment before", async () => {
    const paused = (before: Pause | null, answer: Pause) => pause(server(before, answer).client, target, "Ada")
    assert.isFalse((await paused(made(5, "Bob"), made(5, "Bob"))).isNew)
    assert.isFalse((await paused(made(5, "Ada"), made(5, "Ada"))).isNew)
    assert.isFalse((await paused(null, made(5, "Bob"))).isNew)
  })

  it("is new where the one before was resumed between", async () => {
    assert.isTrue((await pause(server(made(5, "Ada"), made(9, "Ada")).client, target, "Ada")).isNew)
  })

  it("is taken back, and no other in its place is", async () => {
    const undone = async (now: Pause | null) => {
      const { asked, client } = server(now)
      return [await undoPause(client, made(5, "Ada")), asked.length]
    }
    assert.deepStrictEqual(await undone(made(5, "Ada")), [true, 2])
    assert.deepStrictEqual(await undone(made(6, "Ada")), [false, 1])
    assert.deepStrictEqual(await undone(made(5, "Bob")), [false, 1])
    assert.deepStrictEqual(await undone(null), [false, 1])
  })
})
