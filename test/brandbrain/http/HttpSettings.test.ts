import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import { httpSettings } from "../../../src/brandbrain/http/server/HttpSettings.ts"

const read = (environment: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(httpSettings, ConfigProvider.fromMap(new Map(Object.entries(environment))))

describe("whom the API answers, and where", () => {
  it.effect("is one tenant on this machine unless told otherwise", () =>
    Effect.gen(function*() {
      const unset = { host: "127.0.0.1", tokens: [] }
      assert.deepStrictEqual(yield* read({}), unset)
      assert.deepStrictEqual(yield* read({ HTTP_HOST: " ", HTTP_TOKENS: "" }), unset)
      for (const host of ["localhost", "::1", "127.0.0.2"]) {
        assert.strictEqual((yield* read({ HTTP_HOST: host })).host, host)
      }
      // As it stands in a URL; no socket takes the brackets.
      assert.strictEqual((yield* read({ HTTP_HOST: "[::1]" })).host, "::1")
    }))

  it.effect("can be several tenants anywhere, each with its tokens, which hold every sign but a comma", () =>
    Effect.gen(function*() {
      const { host, tokens } = yield* read({
        HTTP_HOST: "0.0.0.0",
        HTTP_TOKENS: "a1=acme, b/+.~_-:2===other , c3=acme\n"
      })
      assert.strictEqual(host, "0.0.0.0")
      assert.deepStrictEqual(tokens.map(({ tenant, token }) => [Redacted.value(token), tenant]), [
        ["a1", "acme"],
        ["b/+.~_-:2==", "other"],
        ["c3", "acme"]
      ])
      assert.notInclude(JSON.stringify(tokens), "a1")
    }))

  const refused: ReadonlyArray<readonly [Readonly<Record<string, string>>, RegExp]> = [
    [{ HTTP_HOST: "0.0.0.0" }, /HTTP_HOST: "0.0.0.0" can be reached.*HTTP_TOKENS.*127\.0\.0\.1/],
    [{ HTTP_HOST: "127.0.0.1.example.com" }, /HTTP_HOST/],
    [{ HTTP_TOKENS: "s3nt1nel" }, /HTTP_TOKENS: its entry 1 is not token=tenant/],
    [{ HTTP_TOKENS: "a=acme,s3nt1nel=" }, /HTTP_TOKENS: its entry 2 is not/],
    [{ HTTP_TOKENS: "a=acme,=s3nt1nel" }, /HTTP_TOKENS: its entry 2 is not/],
    [{ HTTP_TOKENS: "a=acme," }, /HTTP_TOKENS: its entry 2 is not/],
    [{ HTTP_TOKENS: "s3nt1 nel=acme" }, /HTTP_TOKENS: its entry 1 is not/],
    [{ HTTP_TOKENS: "s3nt1nel=acme,s3nt1nel=other" }, /HTTP_TOKENS: its entry 2 has the token of one before/]
  ]
  it.effect.each(refused)(
    "is refused when it makes no sense, naming the place and not the token: %j",
    ([environment, told]) =>
      Effect.gen(function*() {
        const { message } = yield* Effect.flip(read(environment))
        assert.match(message, told)
        assert.notInclude(message, "s3nt1")
      })
  )
})
