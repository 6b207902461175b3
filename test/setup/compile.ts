import { execFileSync } from "node:child_process"

/**
 * Compiles what real processes run: the program that users run, and small programs
 * of the tests' own. `pnpm types` checks the types, so that it is not done again here.
 */
export const setup = () => {
  for (const project of ["tsconfig.build.json", "tsconfig.processes.json"]) {
    execFileSync("node_modules/.bin/tsc", ["-p", project, "--noCheck", "--declaration", "false"], { stdio: "inherit" })
  }
  execFileSync(process.execPath, ["esbuild.config.js"], { stdio: "inherit" })
}
