import { execFileSync } from "node:child_process"
import type { ExecFileSyncOptions } from "node:child_process"
import { existsSync, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"

/** The versions of Node that are tried beside the one that runs the tests. */
export const nodes = ["22.23.5", "24.21.0"] as const
export type NodeVersion = typeof nodes[number]

const folderOf = (version: NodeVersion) => resolve(".build/nodes", version)

/** The folder of the program, to stand first in a PATH. */
export const pathOf = (version: NodeVersion) => join(folderOf(version), "package/bin")
export const programOf = (version: NodeVersion) => join(pathOf(version), "node")

/** Fetches npm's package of each Node for this system, unless an earlier run has. */
export const fetchNodes = () => {
  for (const version of nodes) {
    if (!existsSync(programOf(version))) {
      const folder = folderOf(version)
      mkdirSync(folder, { recursive: true })
      const name = `node-${process.platform}-${process.arch}`
      const quietly: ExecFileSyncOptions = { cwd: folder, stdio: ["ignore", "ignore", "inherit"] }
      execFileSync("npm", ["pack", "--silent", `${name}@${version}`], quietly)
      execFileSync("tar", ["xzf", `${name}-${version}.tgz`, "package/bin/node"], quietly)
    }
  }
}
