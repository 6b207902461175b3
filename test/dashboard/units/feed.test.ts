import { assert, describe, it } from "vitest"
import { ApiError } from "../../../src/dashboard/api/client.ts"
import type { Client } from "../../../src/dashboard/api/client.ts"
import { feedEvent, jobsOf } from "../../../src/dashboard/api/feedEvent.ts"
import { sseParser } from "../../../src/dashboard/api/sseParser.ts"
import type { FeedState } from "../../../src/dashboard/state/feed.ts"
import { startFeed } from "../../../src/dashboard/state/feed.ts"
import { troubleOf, troublesOf } from "../../../src/dashboard/text/trouble.ts"
import { handTimers, turns } from "./handTimers.ts"

const stream = "\uFEFFretry: 2000\nid: a-0\n\n: still here\n\nid: a-1\nevent: Claimed\ndata: {\"jobId\":\"j\"}\n\n"
  + "id: a-2\r\nevent: Settled\r\ndata: {\r\ndata:  \"x\": 1}\r\n\r\ndata:bare\n\nid: a-3\nevent: Retried\ndata: {}"

describe("the parser of an event stream", () => {
  const expected = [
    { event: "Claimed", data: "{\"jobId\":\"j\"}", id: "a-1" },
    { event: "Settled", data: "{\n \"x\": 1}", id: "a-2" },
    { event: "message", data: "bare", id: "a-2" }
  ]

  it("reads the same events however the stream is cut into pieces", () => {
    for (let size = 1; size <= stream.length; size++) {
      const parser = sseParser()
      const read = []
      for (let at = 0; at < stream.length; at += size) read.push(...parser.read(stream.slice(at, at + size)))
      assert.deepStrictEqual(read, expected, `pieces of ${size}`)
      // The last event is not ended, so it did not come.
      assert.strictEqual(parser.lastId(), "a-2")
    }
  })

  it("remembers an id that comes without an event, and the one it began with", () => {
    const parser = sseParser("before")
    assert.deepStrictEqual(parser.read("data: x\n\n"), [{ event: "message", data: "x", id: "before" }])
    parser.read("id: a-7\n\n")
    assert.strictEqual(parser.lastId(), "a-7")
  })
})

describe("an event of the feed", () => {
  const event = (event: string, data: unknown) => feedEvent({ event, data: JSON.stringify(data), id: "a-1" })

  it("is read field by field, and never trusted", () => {
    const read = event("Claimed", { jobId: "j", attempt: "one", worker: 7, jobIds: ["a", 3, "b"] })
    assert.deepStrictEqual(
      [
        read?.text("jobId"),
        read?.number("attempt"),
        read?.text("worker"),
        read?.texts("jobIds"),
        read?.text("constructor")
      ],
      ["j", null, "", ["a", "b"], ""]
    )
    assert.strictEqual(feedEvent({ event: "x", data: "{", id: "" }), null)
    assert.strictEqual(feedEvent({ event: "x", data: "[]", id: "" }), null)
  })

  it("names its jobs, one or many", () => {
    const one = event("Settled", { jobId: "j" })
    const many = event("Enqueued", { jobIds: ["a", "b"] })
    assert(one !== null && many !== null)
    assert.deepStrictEqual([jobsOf(one), jobsOf(many)], [["j"], ["a", "b"]])
  })

  it("is trouble when a lease was lost or freed, and not when work goes on", () => {
    const facts = { jobId: "j", kind: "k", attempt: 2, worker: "w" }
    const typeOf = (tag: string, more: object = {}) => {
      const read = event(tag, { ...facts, ...more })
      return read === null ? null : troubleOf(read, 100_000)?.type ?? null
    }
    assert.deepStrictEqual(
      [
        typeOf("StaleReleased", { lockedAt: 40_000, status: "pending" }),
        typeOf("LeaseLost", { reason: "LeaseLost" }),
        typeOf("Stopping", { reason: "DeadlinePassed" }),
        typeOf("Zombie"),
        typeOf("HeartbeatFailed"),
        typeOf("OutcomeUnknown"),
        typeOf("LeftBehind"),
        typeOf("Stopping", { reason: "Cancelled" }),
        typeOf("Claimed"),
        typeOf("Settled")
      ],
      ["rescue", "refused", "refused", "zombie", "heartbeat", "unknown", "left", null, null, null]
    )
    const early = event("Zombie", { ...facts, at: 70_000 })
    const late = event("Zombie", facts)
    assert(early !== null && late !== null)
    // Events that come again after a cut are as old as they were.
    assert.deepStrictEqual(troublesOf([early, late], 100_000).map(({ at }) => at), [100_000, 70_000])
    const rescue = event("StaleReleased", { ...facts, lockedAt: 40_000, status: "pending" })
    assert(rescue !== null)
    assert.strictEqual(
      troubleOf(rescue, 100_000)?.text,
      "Its holder last extended the lease 1 min before, at 1970-01-01T00:00:40.000Z. The job is pending now."
    )
  })
})

describe("the feed", () => {
  /** A server whose connections a test opens and ends. */
  const server = () => {
    const asked: Array<string> = []
    const open: Array<ReadableStreamDefaultController<Uint8Array>> = []
    let refusal: Error | undefined
    const client: Client = {
      ask: () => Promise.reject(new Error("not asked")),
      openFeed: (after, signal) => {
        asked.push(after)
        if (refusal !== undefined) return Promise.reject(refusal)
        return Promise.resolve(
          new ReadableStream({
            start: (controller) => {
              open.push(controller)
              signal.addEventListener("abort", () => controller.error(signal.reason))
            }
          })
        )
      }
    }
    return {
      asked,
      client,
      refuse: (error: Error | undefined) => void (refusal = error),
      send: (text: string) => open.at(-1)?.enqueue(new TextEncoder().encode(text)),
      end: () => open.at(-1)?.close()
    }
  }

  const follow = (after = "") => {
    const timers = handTimers()
    const states: Array<FeedState["is"]> = []
    const tags: Array<string> = []
    const site = server()
    const feed = startFeed({
      after,
      client: site.client,
      onEvents: (events) => void tags.push(...events.map(({ tag }) => tag)),
      onState: ({ is }) => void states.push(is),
      timers
    })
    return { feed, site, states, tags, timers }
  }

  it("goes on after a cut from the last event that came", async () => {
    const { site, states, tags, timers } = follow()
    await turns()
    site.send("id: a-4\nevent: Claimed\ndata: {}\n\nid: a-5\nevent: Settled\ndata: {}\n\nid: a-6\nevent: Half")
    await turns()
    site.end()
    await turns()
    assert.deepStrictEqual(states, ["connecting", "live", "cut"])
    timers.advance(500)
    await turns()
    assert.deepStrictEqual([site.asked, tags, states.at(-1)], [["", "a-5"], ["Claimed", "Settled"], "live"])
  })

  it("tries again less and less often, and asks for a token in silence", async () => {
    const { site, timers } = follow("a-9")
    await turns()
    site.refuse(new ApiError(503, "unavailable", ""))
    site.end()
    for (const wait of [500, 1000, 2000, 5000, 5000]) {
      await turns()
      const before = site.asked.length
      timers.advance(wait - 1)
      await turns()
      assert.lengthOf(site.asked, before)
      timers.advance(1)
      await turns()
      assert.lengthOf(site.asked, before + 1)
    }
    assert.isTrue(site.asked.every((after) => after === "a-9"))
    site.refuse(new ApiError(401, "unauthorized", ""))
    timers.advance(5000)
    await turns()
    const asked = site.asked.length
    timers.advance(60_000)
    await turns()
    assert.lengthOf(site.asked, asked)
  })

  it("takes a connection for dead on which nothing comes for 40 s", async () => {
    const { site, states, timers } = follow()
    await turns()
    timers.advance(39_000)
    site.send(": still here\n\n")
    await turns()
    timers.advance(39_000)
    await turns()
    assert.strictEqual(states.at(-1), "live")
    timers.advance(1000)
    await turns()
    assert.strictEqual(states.at(-1), "cut")
  })

  it("does nothing while it is paused", async () => {
    const { feed, site, timers } = follow()
    await turns()
    feed.pause()
    await turns()
    timers.advance(120_000)
    await turns()
    assert.lengthOf(site.asked, 1)
    feed.resume()
    feed.resume()
    await turns()
    assert.lengthOf(site.asked, 2)
  })
})
