import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { startProcess } from "../processes/startProcess.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"

const program = join(import.meta.dirname, "../../dist/start/main.js")

describe("start --http", () => {
  it.live(
    "without a token makes one, tells it in one line past the log, and ends while a page reads its events",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const environment = {
          APIFY_TOKEN: "",
          HOLDFAST_HTTP_TOKEN: "",
          HTTP_TOKENS: "",
          HOLDFAST_SHUTDOWN_GRACE: "5 seconds"
        }
        const process = yield* startProcess([program, "--http", "0"], environment, folder)
        const link = yield* process.complains("#token=")
        const [, origin = "", token = ""] = /(http:\/\/127\.0\.0\.1:\d+)\/holdfast\/#token=([\w-]{43})$/.exec(link) ??
          []
        const ask = (path: string, headers: Readonly<Record<string, string>>) =>
          Effect.promise(() => fetch(`${origin}/holdfast${path}`, { headers }))
        const bearer = { authorization: `Bearer ${token}` }

        assert.strictEqual((yield* ask("/api/session", {})).status, 401)
        const session = yield* ask("/api/session", bearer)
        assert.deepInclude(yield* Effect.promise(() => session.json()), {
          access: "full",
          version: "0.1.0",
          database: "sqlite",
          payloads: true,
          searchesErrors: true
        })
        const page = yield* ask("/", {})
        assert.include([200, 404], page.status)

        const events = yield* ask("/api/events", bearer)
        assert.strictEqual(events.headers.get("content-type"), "text/event-stream; charset=utf-8")
        yield* process.kill("SIGTERM")
        // All of it, as its end is not cut off.
        const text = yield* Effect.promise(() => events.text())
        assert.match(text, /^retry: 2000\nid: [0-9a-f]{16}-\d+\n\n/)
        assert.deepStrictEqual(yield* process.ended, { code: 0, signal: null })
        assert.notInclude(process.said.join("\n"), token)
        assert.strictEqual(process.complained.filter((line) => line.includes(token)).length, 1)
      }).pipe(Effect.scoped),
    60_000
  )
})
