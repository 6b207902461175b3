import { createServer } from "node:http"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { makeClient } from "../../../src/dashboard/api/client.ts"
import { bannerText } from "../../../src/dashboard/text/bannerText.ts"

let status = 200
const server = createServer((_, response) => {
  response.writeHead(status)
  response.end("{}")
})
let base: URL

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  assert(address !== null && typeof address === "object")
  base = new URL(`http://127.0.0.1:${address.port}/holdfast/api/`)
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** What `onAnswer` gets after requests of these paths. */
const told = async (answered: number, ...paths: ReadonlyArray<string>) => {
  status = answered
  const answers: Array<boolean> = []
  const client = makeClient(base, () => "t", () => {}, (answer) => void answers.push(answer))
  for (const path of paths) await client.ask("GET", path).catch(() => {})
  return answers
}

describe("the client", () => {
  it("says that the database answers only after a request that asked it", async () => {
    assert.deepStrictEqual(await told(200, "stats?over=1", "jobs?limit=2", "pauses", "jobs/a"), [
      true,
      true,
      true,
      true
    ])
    assert.deepStrictEqual(await told(200, "session", "history", "events"), [])
    assert.deepStrictEqual(await told(404, "jobs/a", "history"), [true])
    assert.deepStrictEqual(await told(401, "stats"), [])
    assert.deepStrictEqual(await told(429, "events"), [])
  })

  it("says that nothing answers after any request that failed", async () => {
    assert.deepStrictEqual(await told(503, "stats", "session"), [false, false])
  })
})

describe("the banner", () => {
  const cut = { since: 5000, reason: "Too many pages follow the events. Close some of them." }

  it("is not there while everything answers", () => {
    assert.strictEqual(bannerText({ silentSince: null, cut: null }), null)
  })

  it("says why the feed is cut", () => {
    const text = bannerText({ silentSince: null, cut })
    assert.strictEqual(text?.head, "The live feed is cut")
    assert.include(text?.rest, cut.reason)
  })

  it("says first that the server does not answer, since the earlier of the two", () => {
    const both = bannerText({ silentSince: 9000, cut })
    assert.strictEqual(both?.head, "The server does not answer")
    assert.strictEqual(both?.rest, bannerText({ silentSince: 5000, cut: null })?.rest)
  })
})
