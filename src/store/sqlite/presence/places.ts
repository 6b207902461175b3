import { Either, Option } from "effect"
import { createHash } from "node:crypto"
import { readFileSync, readlinkSync, statfsSync, statSync } from "node:fs"
import { dirname, join } from "node:path"

/** The folder of the sockets of a database's workers, and the names in it. */
export interface Place {
  readonly folder: string
  /** The device of its file system. */
  readonly device: number
  /** The path of a worker's socket; none for a name that is not a worker's. */
  readonly pathOf: (worker: string) => Option.Option<string>
  /** True for the name of a file that a worker of this machine, network namespace and file system has made. */
  readonly isHere: (name: string) => boolean
}

/**
 * The magic numbers of file systems of one machine (linux/magic.h): ext, XFS,
 * Btrfs, ZFS, F2FS, tmpfs and overlayfs. On others, as on NFS, the file that a name
 * leads to may not be the one that a live worker listens on.
 */
const local = new Set([0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0x01021994, 0x794c7630])

/** The last part of a worker's name, which no other worker ever has. */
const incarnation = /:([0-9a-f]{32})$/

/**
 * The place of a database, by its path, or why there is none: the system does not
 * tell what the evidence rests on, or the file system may be another machine's too.
 *
 * A socket refuses a connection if nothing listens behind the file's inode in this
 * kernel. So the names begin with a digest of the kernel's boot, the file system as
 * it is mounted here, and the network namespace: what is refused under
 * another of those, as from another host on a shared file system, may well be alive.
 */
export const placeOf = (database: string): Either.Either<Place, string> =>
  Either.flatMap(
    Either.try({
      try: () => {
        const around = dirname(database)
        return {
          boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
          network: readlinkSync("/proc/self/ns/net"),
          device: statSync(around).dev,
          type: statfsSync(around).type
        }
      },
      catch: (error) => `this is not Linux, or something of it cannot be read: ${String(error)}`
    }),
    ({ boot, device, network, type }) =>
      local.has(type)
        ? Either.right(placeIn(`${database}-workers`, device, digestOf(boot, network, device)))
        : Either.left(
          `the file system of the database, of type 0x${type.toString(16)}, may be shared with other machines`
        )
  )

/** The beginning of the names of sockets that were made under these. */
export const digestOf = (boot: string, network: string, device: number): string =>
  createHash("sha256").update(`${boot} ${network} ${device}`).digest("hex").slice(0, 12)

const placeIn = (folder: string, device: number, digest: string): Place => {
  const prefix = `${digest}.`
  return {
    folder,
    device,
    isHere: (name) => name.startsWith(prefix),
    pathOf: (worker) =>
      Option.map(Option.fromNullable(incarnation.exec(worker)?.[1]), (unique) => join(folder, `${prefix}${unique}`))
  }
}
