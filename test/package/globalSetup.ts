import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync } from "node:fs"
import { fetchNodes } from "./nodes.ts"

/** Packs the package once for all tests, from where nothing is built, as on a fresh clone. */
export const setup = () => {
  rmSync("dist", { recursive: true, force: true })
  mkdirSync(".build", { recursive: true })
  execFileSync("npm", ["pack", "--silent", "--pack-destination", ".build"], { stdio: ["ignore", "ignore", "inherit"] })
  fetchNodes()
}
