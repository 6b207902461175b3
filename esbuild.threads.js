import { transform } from "esbuild"
import { rmSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"

/** The modules that export the code of threads, which they read back from functions. */
const modules = ["store/keeper/threadText.js", "store/sqlite/keeper/openText.js", "store/postgres/keeper/openText.js"]

/**
 * Writes the code of threads into the compiled modules as strings. A bundler may rename what a function calls, and a coverage
 * tool adds calls. Neither changes a string.
 */
export const writeThreads = async (outdir) => {
  for (const module of modules) {
    const file = resolve(outdir, module)
    const texts = Object.entries(await import(pathToFileURL(file).href))
    const lines = texts.map(async ([name, text]) => {
      const { code } = await transform(text, { minifyWhitespace: true, legalComments: "none", target: "node20" })
      return `export const ${name} = ${JSON.stringify(code.trim())}\n`
    })
    writeFileSync(file, (await Promise.all(lines)).join(""))
    rmSync(`${file}.map`, { force: true })
  }
}
