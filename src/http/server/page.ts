import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { extname, join } from "node:path"
import { gzipSync } from "node:zlib"
import { ofAPage } from "./headers.ts"

interface File {
  readonly bytes: Uint8Array
  readonly gzipped: Uint8Array
  readonly type: string
  readonly etag: string
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8"
}

/** The page's files, read once: they show no data, so they need no token. Answers none if the page was not built. */
export const readPage = (folder: string): Effect.Effect<Page> =>
  Effect.promise(async () => {
    const files = new Map<string, File>()
    const names = await readdir(folder).catch(() => [])
    for (const name of names) {
      const type = types[extname(name)]
      if (type === undefined) continue
      const bytes = await readFile(join(folder, name))
      const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`
      files.set(name, { bytes, gzipped: gzipSync(bytes), type, etag })
    }
    // The sources of the page lie in a folder of the same name and cannot be served.
    return files.has("index.html") && files.has("app.js") ? files : new Map<string, File>()
  })

export type Page = ReadonlyMap<string, File>

/** Answers for a file of the page, `index.html` for the empty name; undefined for any other. */
export const pageApp = (
  page: Page,
  name: string
): HttpApp.Default | undefined => {
  if (page.size === 0) return name === "" ? notBuilt : undefined
  const file = page.get(name === "" ? "index.html" : name)
  return file === undefined ? undefined : Effect.map(HttpServerRequest.HttpServerRequest, ({ headers, method }) => {
    if (method !== "GET" && method !== "HEAD") return notAllowed
    const unchanged = (headers["if-none-match"] ?? "").split(",").some((each) =>
      each.trim().replace(/^W\//, "") === file.etag
    )
    const sent = { ...ofAPage, etag: file.etag, vary: "accept-encoding" }
    if (unchanged) return HttpServerResponse.empty({ status: 304, headers: sent })
    return acceptsGzip(headers["accept-encoding"] ?? "")
      ? HttpServerResponse.uint8Array(file.gzipped, {
        contentType: file.type,
        headers: { ...sent, "content-encoding": "gzip" }
      })
      : HttpServerResponse.uint8Array(file.bytes, { contentType: file.type, headers: sent })
  })
}

const acceptsGzip = (header: string) =>
  header.split(",").some((each) => {
    const [coding = "", ...parameters] = each.split(";").map((part) => part.trim().toLowerCase())
    return (coding === "gzip" || coding === "*") && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })

const notBuilt = Effect.succeed(
  HttpServerResponse.text("The page was not built. Run the package's build, or ask the API under api/.\n", {
    status: 404,
    headers: ofAPage
  })
)

const notAllowed = HttpServerResponse.empty({ status: 405, headers: { ...ofAPage, allow: "GET, HEAD" } })
