import { build } from "esbuild"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { buildDashboard } from "./esbuild.dashboard.js"
import { writeThreads } from "./esbuild.threads.js"

/** What both programs are made with. */
const shared = {
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // Errors are told by the names of their classes.
  keepNames: true,
  // Some packages call it, and a module has none.
  banner: {
    js:
      "import { createRequire as requireOfBundle } from \"node:module\"; const require = requireOfBundle(import.meta.url);"
  },
  logLevel: "warning"
}

// Before the bundles, which contain these modules.
await writeThreads("dist")

/*
 * Makes dist/start of the compiled program, with nearly all that it imports: a
 * start then reads a few files, where it read a thousand and took twice as long.
 * The drivers stay outside: the one is no JavaScript, and a keeper's thread loads
 * the other again from its file. So do the packages that only a compile of the
 * reference app loads.
 */
await build({
  ...shared,
  entryPoints: ["dist/main.js"],
  outdir: "dist/start",
  external: ["better-sqlite3", "pg", "apify-client", "compromise", "stopword", "tinyld"],
  sourcemap: true,
  sourcesContent: false
})

/*
 * Makes dist/bin, the commands of the package, with all that they import but the
 * drivers: an app has the one of its database. Names stay as they are, so that a
 * stack can be read.
 */
const { metafile } = await build({
  ...shared,
  entryPoints: { holdfast: "dist/bin.js" },
  outdir: "dist/bin",
  external: ["better-sqlite3", "pg"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  metafile: true
})

/** The packages whose code is in a bundle, by their folders. */
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((path) =>
    /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []
  )
)

const notices = [...packages].map((folder) => {
  const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
  const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim()
  return `${name} ${version}: ${license}\n\n${text}`.trim()
})
// What is passed on keeps the notices of those who wrote it.
writeFileSync("dist/bin/LICENSES.txt", `${notices.toSorted().join(`\n\n${"-".repeat(80)}\n\n`)}\n`)

await buildDashboard("dist/dashboard")
