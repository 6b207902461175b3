import { readdirSync, readlinkSync } from "node:fs"

/** How often this process has the file or folder open. */
export const timesOpen = (file: string) =>
  readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`) === file
    } catch {
      // That by which the folder itself was read.
      return false
    }
  }).length
