import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Sources } from "./mutated.ts"

/** The sources of the project that stands in `root`. */
export const readSources = (root: string): Sources =>
  new Map(
    readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join("src", name))
      .map((file) => [file, readFileSync(join(root, file), "utf8")])
  )
