import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { runProgram, startProgram } from "./runProgram.ts"

/** Asks a server that `start` runs, with a token or without one. */
const asking = (line: string) => {
  const origin = /http:\/\/[^/"]+/.exec(line)?.[0] ?? ""
  return (path: string, token?: string, headers: Readonly<Record<string, string>> = {}) =>
    Effect.promise(async () => {
      const response = await fetch(`${origin}${path}`, {
        headers: { ...headers, ...token === undefined ? {} : { authorization: `Bearer ${token}` } }
      })
      return { status: response.status, text: await response.text() }
    })
}

describe("start --http", () => {
  it.scopedLive("serves BrandBrain and Holdfast by tokens of their own, and neither's open the other", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const program = yield* startProgram(folder, ["--http", "localhost:0"], {
        HOLDFAST_SHUTDOWN_GRACE: "0 seconds",
        HTTP_TOKENS: "s3nt1nel-tenant=default",
        HOLDFAST_HTTP_TOKEN: "s3nt1nel-full",
        HOLDFAST_HTTP_READ_TOKEN: "s3nt1nel-read",
        HOLDFAST_HTTP_SHOW_PAYLOADS: "false"
      })
      const line = yield* program.says("Holdfast's page and API")
      assert.match(line, /http:\/\/localhost:\d+\/holdfast\//)
      assert.notInclude(line, "s3nt1nel")
      const ask = asking(line)
      const statuses = (path: string) =>
        Effect.forEach(
          [undefined, "s3nt1nel-tenant", "s3nt1nel-read", "s3nt1nel-full"],
          (token) => Effect.map(ask(path, token), ({ status }) => status)
        )
      assert.deepStrictEqual(yield* statuses("/api/brands"), [401, 200, 401, 401])
      assert.deepStrictEqual(yield* statuses("/holdfast/api/jobs"), [401, 401, 200, 200])
      assert.deepStrictEqual(yield* statuses("/nothing"), [401, 404, 401, 401])
      assert.deepStrictEqual(yield* statuses("/healthz"), [200, 200, 200, 200])
      assert.deepStrictEqual(yield* statuses("/readyz"), [200, 200, 200, 200])
      const session = JSON.parse((yield* ask("/holdfast/api/session", "s3nt1nel-read")).text) as object
      assert.deepInclude(session, { access: "read", database: "sqlite", payloads: false })
      const { jobs } = JSON.parse((yield* ask("/holdfast/api/jobs", "s3nt1nel-full")).text) as {
        jobs: ReadonlyArray<{ kind: string }>
      }
      // The worker beside it has the job of the first start.
      assert.strictEqual(jobs[0]?.kind, "brandbrain.compile")
    }))

  it.scopedLive("takes the older names of its variables, and refuses two that differ before it makes anything", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const running = yield* Effect.scoped(
        Effect.gen(function*() {
          const program = yield* startProgram(folder, [], {
            HOLDFAST_SHUTDOWN_GRACE: "0 seconds",
            HTTP_PORT: "0",
            HTTP_HOST: "[::1]",
            HOLDFAST_HTTP_HOST: "::1",
            HTTP_TOKENS: "a=default",
            HOLDFAST_HTTP_TOKEN: "b"
          })
          return yield* program.says("Holdfast's page and API")
        })
      )
      assert.include(running, "http://[::1]:")
      assert.isTrue(existsSync(join(folder, "data")))

      const another = yield* temporaryFolder
      const refused: ReadonlyArray<
        readonly [ReadonlyArray<string>, Readonly<Record<string, string>>, ReadonlyArray<string>]
      > = [
        [[], { HTTP_PORT: "3000", HOLDFAST_HTTP_PORT: "3001" }, ["HOLDFAST_HTTP_PORT", "HTTP_PORT", "3000", "3001"]],
        [["--http", "0"], { HTTP_HOST: "127.0.0.1", HOLDFAST_HTTP_HOST: "::1" }, ["HOLDFAST_HTTP_HOST", "HTTP_HOST"]],
        [["--http", "0.0.0.0:0"], { HTTP_TOKENS: "a=b" }, ["HOLDFAST_HTTP_TOKEN", "0.0.0.0", "other machines"]],
        [[], { HOLDFAST_HTTP_PORT: "0", HOLDFAST_HTTP_HOST: "::", HTTP_TOKENS: "a=b" }, ["HOLDFAST_HTTP_TOKEN", "::"]],
        [["--http", "0.0.0.0:0"], { HOLDFAST_HTTP_TOKEN: "s3nt1nel-0123456" }, ["--http", "without HTTP_TOKENS"]],
        [["--http", "0.0.0.0:0"], { HOLDFAST_HTTP_TOKEN: "s3nt1nel-012345", HTTP_TOKENS: "a=b" }, [
          "HOLDFAST_HTTP_TOKEN",
          "at least 16 characters"
        ]],
        [["--http", "0.0.0.0:0"], {
          HOLDFAST_HTTP_TOKEN: "s3nt1nel-0123456",
          HOLDFAST_HTTP_READ_TOKEN: "s3nt1nel-read",
          HTTP_TOKENS: "a=b"
        }, ["HOLDFAST_HTTP_READ_TOKEN", "at least 16 characters"]],
        [["--http", "0"], { HOLDFAST_HTTP_TOKEN: "s3nt1 nel" }, ["HOLDFAST_HTTP_TOKEN", "a space"]],
        [["--http", "0"], { HOLDFAST_HTTP_TOKEN: "s3nt1nel", HOLDFAST_HTTP_READ_TOKEN: "s3nt1nel" }, [
          "HOLDFAST_HTTP_READ_TOKEN",
          "the same"
        ]],
        [["--http", "0"], { HOLDFAST_HTTP_TOKEN: "s3nt1nel", HTTP_TOKENS: "s3nt1nel=a" }, [
          "HOLDFAST_HTTP_TOKEN",
          "one of HTTP_TOKENS"
        ]],
        [["--http", "0"], { HOLDFAST_HTTP_READ_TOKEN: "s3nt1nel", HTTP_TOKENS: "s3nt1nel=a" }, [
          "HOLDFAST_HTTP_READ_TOKEN"
        ]],
        [["--http", "0"], { HOLDFAST_HTTP_SHOW_PAYLOADS: "no" }, [
          "HOLDFAST_HTTP_SHOW_PAYLOADS",
          "neither true nor false"
        ]],
        [["--http", "0"], { HOLDFAST_HTTP_ORIGINS: "https://a.example,b.example" }, [
          "HOLDFAST_HTTP_ORIGINS",
          "b.example"
        ]],
        [["--http", "70000"], {}, ["--http", "70000", "0 to 65535"]],
        [["--http", ":3000"], {}, ["--http", ":3000", "no host"]],
        [["--http", "::1:3000"], {}, ["--http", "::1:3000", "brackets"]],
        [["--http", "here:there"], {}, ["--http", "here:there"]],
        [[], { HOLDFAST_HTTP_PORT: "127.0.0.1:3000" }, ["HOLDFAST_HTTP_PORT", "is not a port"]]
      ]
      for (const [args, environment, words] of refused) {
        const { code, complained, said } = yield* runProgram(another, args, environment)
        const told = complained.join("\n") + said.join("\n")
        assert.strictEqual(code, 1, told)
        for (const word of words) assert.include(told, word)
        assert.notInclude(told, "s3nt1")
      }
      assert.deepStrictEqual(readdirSync(another), [])
    }))
})
