import { build } from "esbuild"

/*
 * Makes dist/start of the compiled program, with nearly all that it imports: a
 * start then reads a few files, where it read a thousand and took twice as long.
 * The driver stays outside, because it is no JavaScript, and so do the packages
 * that only a compile of the reference app loads.
 */
await build({
  entryPoints: ["dist/main.js"],
  outdir: "dist/start",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  external: ["better-sqlite3", "apify-client", "compromise", "stopword", "tinyld"],
  // Errors are told by the names of their classes.
  keepNames: true,
  sourcemap: true,
  sourcesContent: false,
  // Some packages call it, and a module has none.
  banner: {
    js:
      "import { createRequire as requireOfBundle } from \"node:module\"; const require = requireOfBundle(import.meta.url);"
  },
  logLevel: "warning"
})
