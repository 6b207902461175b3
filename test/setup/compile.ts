import { execFileSync } from "node:child_process"

/** Tests of real processes run what users run: the compiled program, and small programs of the tests' own. */
export const setup = () => {
  for (const project of ["tsconfig.build.json", "tsconfig.processes.json"]) {
    execFileSync("node_modules/.bin/tsc", ["-p", project], { stdio: "inherit" })
  }
}
