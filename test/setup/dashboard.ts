import { execFileSync } from "node:child_process"

/** Builds the page, from its sources as they are. */
export const setup = () => {
  execFileSync(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { buildDashboard } from "./esbuild.dashboard.js"; await buildDashboard("dist/dashboard")`
  ], { stdio: "inherit" })
}
