import { Option } from "effect"
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, readlinkSync, statSync } from "node:fs"
import { join } from "node:path"

/** The folder of the sockets of a database's workers, and the names in it. */
export interface Place {
  readonly folder: string
  /** The path of a worker's socket; none for a name that no worker of ours has, or a path that is too long for a socket. */
  readonly pathOf: (worker: string) => Option.Option<string>
  /** True for the name of a file that a worker of this machine, network namespace and file system has made. */
  readonly isHere: (name: string) => boolean
}

/** The most bytes of a socket's path, without the NUL at its end: Linux has 108, and others fewer. */
const longestPath = 103

/** The last part of a worker's name, which no other worker ever has. */
const incarnation = /:([0-9a-f]{32})$/

/**
 * The place of a database, by its path; none on a system that does not tell what
 * the evidence rests on.
 *
 * A socket refuses a connection if nothing listens behind the file's inode in this
 * kernel. So the names begin with a digest of the kernel's boot, the file system as
 * it is mounted here, and the network namespace: what is refused under
 * another of those, as from another host on a shared file system, may well be alive.
 */
export const placeOf = (database: string): Option.Option<Place> =>
  Option.flatten(
    Option.liftThrowable(() => {
      const folder = `${database}-workers`
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
      const network = readlinkSync("/proc/self/ns/net")
      // Readable for those who can read the database: what it holds is no secret, and whoever writes there may write the database.
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const { dev } = statSync(folder)
      const prefix = `${createHash("sha256").update(`${boot} ${network} ${dev}`).digest("hex").slice(0, 12)}.`
      return Option.some<Place>({
        folder,
        isHere: (name) => name.startsWith(prefix),
        pathOf: (worker) =>
          Option.filter(
            Option.map(
              Option.fromNullable(incarnation.exec(worker)?.[1]),
              (unique) => join(folder, `${prefix}${unique}`)
            ),
            (path) => Buffer.byteLength(path) <= longestPath
          )
      })
    })()
  )
