import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JobQueue } from "holdfast"
import { existsSync } from "node:fs"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { databaseIn, runProgram, startProgram } from "../runProgram.ts"
import type { Running } from "../runProgram.ts"
import { Mail, onQueue } from "./onQueue.ts"

/** Where a dashboard is, by the link that it prints, and the token of its own in it. */
const linkOf = (running: Running) =>
  Effect.map(running.says("http://"), (line) => {
    const [, base = "", token] = /(http:\/\/127\.0\.0\.1:\d+\/holdfast\/)(?:#token=([\w-]{43}))?/.exec(line) ?? []
    return { base, token }
  })

const ask = (address: string, token?: string, method = "GET") =>
  Effect.promise(async () => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(address, { method, headers, redirect: "manual" })
    return { status: response.status, text: await response.text(), location: response.headers.get("location") }
  })

const oneJob = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const { id } = yield* onQueue(folder, JobQueue.enqueue(Mail))
  return { folder, id }
})

describe("pnpm holdfast dashboard", () => {
  it.scopedLive("prints a link whose token opens the API, which acts on the database, and ends when it is told to", () =>
    Effect.gen(function*() {
      const { folder, id } = yield* oneJob
      const base = yield* Effect.scoped(Effect.gen(function*() {
        const { base, token } = yield* linkOf(yield* startProgram(folder, ["holdfast", "dashboard"]))
        assert.isDefined(token)
        assert.strictEqual((yield* ask(`${base}api/jobs`)).status, 401)
        const session = JSON.parse((yield* ask(`${base}api/session`, token)).text) as object
        assert.deepInclude(session, { access: "full", database: "sqlite" })
        const cancelled = yield* ask(`${base}api/jobs/${id}/cancel`, token, "POST")
        assert.deepStrictEqual([cancelled.status, cancelled.text], [200, "{\"status\":\"cancelled\"}"])
        const { location, status } = yield* ask(new URL("/", base).href)
        assert.deepStrictEqual([status, location], [302, "/holdfast/"])
        assert.strictEqual((yield* ask(new URL("/readyz", base).href)).status, 200)
        return base
      }))
      const after = yield* Effect.promise(() => fetch(base).then(() => "answered", () => "nobody there"))
      assert.strictEqual(after, "nobody there")
    }))

  it.scopedLive("lets nobody change a job with --read-only, whatever token they bring", () =>
    Effect.gen(function*() {
      const { folder, id } = yield* oneJob
      const tokens = { HOLDFAST_HTTP_TOKEN: "full-token", HOLDFAST_HTTP_READ_TOKEN: "read-token" }
      const running = yield* startProgram(folder, ["holdfast", "dashboard", "--read-only", "--json"], tokens)
      const { base, token } = yield* linkOf(running)
      // Who was given a token needs none in a link.
      assert.isUndefined(token)
      for (const given of Object.values(tokens)) {
        assert.include((yield* ask(`${base}api/session`, given)).text, "\"access\":\"read\"")
        assert.strictEqual((yield* ask(`${base}api/jobs/${id}`, given)).status, 200)
        assert.strictEqual((yield* ask(`${base}api/jobs/${id}/cancel`, given, "POST")).status, 403)
      }
      assert.strictEqual((yield* onQueue(folder, JobQueue.get(id))).status, "pending")
    }))

  it.scopedLive("refuses an address that others reach without a token, and makes no database", () =>
    Effect.gen(function*() {
      const { folder } = yield* oneJob
      const open = yield* runProgram(folder, ["holdfast", "dashboard", "--http", "0.0.0.0:0"])
      assert.strictEqual(open.code, 1)
      assert.include(open.complained.join(" "), "HOLDFAST_HTTP_TOKEN")
      const empty = yield* temporaryFolder
      const missing = yield* runProgram(empty, ["holdfast", "dashboard"])
      assert.strictEqual(missing.code, 1)
      assert.include(missing.complained.join(" "), "holdfast migrate")
      assert.isFalse(existsSync(databaseIn(empty)))
    }))
})
