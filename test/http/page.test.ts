import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { layerMemory } from "../../src/testing.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { serving } from "./serving.ts"

const html = `<!doctype html><title>Jobs</title>${" ".repeat(1000)}`

/** A page as the build makes it, and what must not be served. */
const built = Effect.map(temporaryFolder, (folder) => {
  writeFileSync(join(folder, "index.html"), html)
  writeFileSync(join(folder, "app.js"), "const one = 1")
  writeFileSync(join(folder, "app.css"), "p { margin: 0 }")
  writeFileSync(join(folder, "app.js.map"), "{}")
  return folder
})

describe("the page", () => {
  it.scoped("is served without a token, by its own address, and runs nothing but its own code", () =>
    Effect.gen(function*() {
      const { askAt } = yield* serving({ page: yield* built })
      const page = yield* askAt("GET", "/holdfast/")
      assert.deepStrictEqual([page.status, page.text], [200, html])
      assert.deepInclude(page.headers, {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
          "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache"
      })
      const script = yield* askAt("GET", "/holdfast/app.js?x=1")
      assert.deepStrictEqual([script.status, script.text], [200, "const one = 1"])
      assert.strictEqual(script.headers["content-type"], "text/javascript; charset=utf-8")
      const style = yield* askAt("GET", "/holdfast/app.css")
      assert.strictEqual(style.headers["content-type"], "text/css; charset=utf-8")

      const without = yield* askAt("GET", "/holdfast")
      assert.deepStrictEqual([without.status, without.headers["location"]], [308, "/holdfast/"])
      const head = yield* askAt("HEAD", "/holdfast/")
      assert.deepStrictEqual([head.status, head.text], [200, ""])
      const post = yield* askAt("POST", "/holdfast/", { body: {} })
      assert.deepStrictEqual([post.status, post.headers["allow"]], [405, "GET, HEAD"])
    }).pipe(Effect.provide(layerMemory)))

  it.scoped("is sent compressed to those who take that, and not at all to those who have it", () =>
    Effect.gen(function*() {
      const { askAt } = yield* serving({ page: yield* built })
      for (
        const [accepted, isZipped] of [["gzip", true], ["br, gzip;q=0.5", true], ["*", true], ["gzip;q=0", false], [
          "br",
          false
        ]] as const
      ) {
        const { headers, text } = yield* askAt("GET", "/holdfast/", { headers: { "accept-encoding": accepted } })
        assert.strictEqual(headers["content-encoding"], isZipped ? "gzip" : undefined, accepted)
        assert.strictEqual(isZipped ? gunzipSync(Buffer.from(text, "latin1")).toString() : text, html)
        assert.strictEqual(headers["vary"], "accept-encoding")
      }
      const etag = String((yield* askAt("GET", "/holdfast/")).headers["etag"])
      assert.match(etag, /^"[\w-]{22}"$/)
      for (const known of [etag, `W/${etag}`, `"another", ${etag}`]) {
        const again = yield* askAt("GET", "/holdfast/", { headers: { "if-none-match": known } })
        assert.deepStrictEqual([again.status, again.text], [304, ""])
      }
      const changed = yield* askAt("GET", "/holdfast/", { headers: { "if-none-match": "\"another\"" } })
      assert.strictEqual(changed.status, 200)
    }).pipe(Effect.provide(layerMemory)))

  it.scoped("has its own files and no others, wherever they are", () =>
    Effect.gen(function*() {
      const { askAt } = yield* serving({ page: yield* built })
      for (
        const path of [
          "app.js.map",
          "nothing.js",
          "../package.json",
          "..%2f..%2fpackage.json",
          "/etc/passwd",
          "app.js/",
          "__proto__",
          "api"
        ]
      ) {
        const { body, status } = yield* askAt("GET", `/holdfast/${path}`)
        assert.deepStrictEqual([status, body], [404, { error: "not_found" }], path)
      }
      const beside = yield* askAt("GET", "/holdfastish")
      assert.strictEqual(beside.text, "nobody's at /holdfastish")
    }).pipe(Effect.provide(layerMemory)))

  it.scoped("is told of in a sentence where it was not built, and its API answers", () =>
    Effect.gen(function*() {
      const { ask, askAt } = yield* serving({ page: yield* temporaryFolder })
      const page = yield* askAt("GET", "/holdfast/")
      assert.strictEqual(page.status, 404)
      assert.include(page.text, "The page was not built")
      assert.strictEqual((yield* ask("GET", "/session")).status, 401)
    }).pipe(Effect.provide(layerMemory)))
})
