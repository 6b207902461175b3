import { execFileSync } from "node:child_process"

/** The commit whose code runs. Throws when the code at hand is not what a commit has. */
export const committed = (): string => {
  const git = (...args: ReadonlyArray<string>) => execFileSync("git", args, { encoding: "utf8" }).trim()
  const changed = git("status", "--porcelain", "--", "src", "test", "package.json", "pnpm-lock.yaml")
  if (changed !== "") throw new Error(`only committed code is recorded; not committed are:\n${changed}`)
  return git("rev-parse", "--short=10", "HEAD")
}
