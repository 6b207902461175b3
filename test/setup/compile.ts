import { execFileSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { buildSync } from "esbuild"

/** The programs that tests of crashes start some forty times. */
const crash = readdirSync("test/crash").filter((file) => file.endsWith("Process.ts")).map((file) =>
  `test/crash/${file}`
)

/**
 * Compiles what real processes run: the program that users run, and small programs
 * of the tests' own. `pnpm types` checks the types, so that it is not done again here.
 */
export const setup = () => {
  for (const project of ["tsconfig.build.json", "tsconfig.processes.json"]) {
    execFileSync("node_modules/.bin/tsc", ["-p", project, "--noCheck", "--declaration", "false"], { stdio: "inherit" })
  }
  execFileSync(process.execPath, ["esbuild.config.js"], { stdio: "inherit" })
  // With all that they import, so that each starts in half the time.
  buildSync({
    entryPoints: crash,
    outdir: ".build/test/crash",
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["better-sqlite3"],
    // Errors are told by the names of their classes.
    keepNames: true,
    sourcemap: true,
    // Some packages call it, and a module has none.
    banner: {
      js:
        "import { createRequire as requireOfBundle } from \"node:module\"; const require = requireOfBundle(import.meta.url);"
    },
    logLevel: "warning"
  })
}
