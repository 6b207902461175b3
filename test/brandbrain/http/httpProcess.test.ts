import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { startProcess } from "../../processes/startProcess.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"

const program = join(import.meta.dirname, "../../../dist/start/main.js")

describe.concurrent("start --http", () => {
  it.live(
    "serves the API beside the worker, which makes the compiles, until both are told to end",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const environment = { APIFY_TOKEN: "", HTTP_TOKENS: "s3nt1nel=default", HOLDFAST_SHUTDOWN_GRACE: "0 seconds" }
        const process = yield* startProcess([program, "--http", "0"], environment, folder)
        const line = yield* process.says("The API listens on")
        const url = /http:[^"]+/.exec(line)?.[0] ?? ""
        yield* process.says("Gathering from a source")
        const ask = (path: string, token: string) =>
          Effect.promise(async () => {
            const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
            return [answer.status, JSON.stringify(await answer.json())] as const
          })
        assert.deepStrictEqual(yield* ask("/brands", "another"), [401, "{\"error\":\"unauthorized\"}"])
        const [status, brands] = yield* ask("/brands", "s3nt1nel")
        assert.strictEqual(status, 200)
        assert.include(brands, "\"brand_id\":\"quillhaven\"")
        yield* process.kill("SIGTERM")
        assert.deepStrictEqual(yield* process.ended, { code: 0, signal: null })
        assert.include(process.said.join("\n"), "Job handed back")
        assert.notInclude([...process.said, ...process.complained].join("\n"), "s3nt1nel")
      }).pipe(Effect.scoped),
    60_000
  )

  it.live("says in one line that another program has the port, before it makes anything", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const other = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer()
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const { port } = other.address() as AddressInfo
      const process = yield* startProcess([program], { APIFY_TOKEN: "", HTTP_PORT: String(port) }, folder)
      assert.deepStrictEqual(yield* process.ended, { code: 1, signal: null })
      assert.strictEqual(process.complained.length, 1)
      assert.include(process.complained[0], `127.0.0.1:${port}: another program listens there`)
      assert.deepStrictEqual(process.said, [])
      assert.isFalse(existsSync(join(folder, "data")))
    }).pipe(Effect.scoped), 60_000)
})
