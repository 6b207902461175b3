import { Effect } from "effect"
import { closeSync, constants, lstatSync, openSync } from "node:fs"
import type { Server, Socket } from "node:net"
import { connect, createServer } from "node:net"
import { basename, dirname } from "node:path"

/** The longest wait for an answer that the kernel gives at once. */
const answersWithin = 1_000

/**
 * A short path to a socket, through an open descriptor of its folder. It is valid until `close`. The kernel refuses a
 * socket's path of more than 107 bytes, and a database may lie deeper. Throws if the folder cannot be opened.
 */
const shortPathTo = (path: string): { readonly path: string; readonly close: () => void } => {
  let folder: number | undefined = openSync(
    dirname(path),
    constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  )
  return {
    path: `/proc/self/fd/${folder}/${basename(path)}`,
    close: () => {
      if (folder !== undefined) closeSync(folder)
      folder = undefined
    }
  }
}

/** Listens on a path, until the process ends or the answer is closed. It keeps no process alive. */
export const listenOn = (path: string): Effect.Effect<{ readonly close: Effect.Effect<void> }, unknown> =>
  Effect.flatMap(
    Effect.try({ try: () => shortPathTo(path), catch: String }),
    (short) =>
      Effect.async((resume) => {
        const held = new Set<Socket>()
        const server: Server = createServer((socket) => {
          held.add(socket)
          socket.unref().on("error", () => {}).on("close", () => held.delete(socket)).resume()
        })
        server.unref()
        const fail = (error: Error) => {
          short.close()
          resume(Effect.fail(error))
        }
        server.once("error", fail)
        // A program of Node's cluster module would listen for this process otherwise, and outlive it.
        server.listen({ path: short.path, exclusive: true }, () => {
          server.off("error", fail).on("error", () => {})
          resume(Effect.succeed({
            close: Effect.async<void>((closed) => {
              // The folder stays open until then: the socket's file is deleted by its short path.
              server.close(() => {
                short.close()
                closed(Effect.void)
              })
              for (const socket of held) socket.destroy()
            })
          }))
        })
      })
  )

/**
 * True if this is a socket of this user's on this device, in a folder that nobody else may write, and nothing listens behind it
 * any more. False means nothing.
 */
export const refuses = (path: string, device: number): Effect.Effect<boolean> =>
  Effect.suspend(() => isSocketOn(path, device) && isOurs(dirname(path)) ? isRefused(path) : Effect.succeed(false))

/**
 * True for a socket of this user on this device. Other files refuse connections, too, and so does a copy of a socket, as on a
 * file system that was mounted in the folder's place.
 */
export const isSocketOn = (path: string, device: number): boolean => {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    return stat !== undefined && stat.isSocket() && stat.dev === device && stat.uid === process.geteuid?.()
  } catch {
    return false
  }
}

/** True for a folder of this user's that nobody else may write. In another's, as beside a database in /tmp, sockets can be forged. */
export const isOurs = (folder: string): boolean => {
  try {
    const stat = lstatSync(folder, { throwIfNoEntry: false })
    return stat !== undefined && stat.isDirectory() && stat.uid === process.geteuid?.() && (stat.mode & 0o022) === 0
  } catch {
    return false
  }
}

const isRefused = (path: string): Effect.Effect<boolean> =>
  Effect.acquireUseRelease(
    Effect.try(() => shortPathTo(path)),
    (short) =>
      Effect.async<boolean>((resume) => {
        const socket = connect({ path: short.path })
        const answer = (isRefused: boolean) => {
          clearTimeout(timer)
          socket.destroy()
          resume(Effect.succeed(isRefused))
        }
        const timer = setTimeout(() => answer(false), answersWithin)
        socket.once("connect", () => answer(false))
        socket.on("error", (error) => answer("code" in error && error.code === "ECONNREFUSED"))
        return Effect.sync(() => answer(false))
      }),
    (short) => Effect.sync(short.close)
    // A folder that cannot be opened is not evidence.
  ).pipe(Effect.orElseSucceed(() => false))

/** Holds a connection to this path and calls `ended` once it breaks. Answers a function that ends it; undefined if the folder cannot be opened. */
export const holdOn = (path: string, ended: () => void): (() => void) | undefined => {
  let short: ReturnType<typeof shortPathTo>
  try {
    short = shortPathTo(path)
  } catch {
    return undefined
  }
  const socket = connect({ path: short.path })
  socket.unref()
  socket.on("error", () => {}).on("connect", short.close).on("close", short.close).resume()
  socket.once("close", ended)
  return () => {
    socket.removeListener("close", ended)
    socket.destroy()
  }
}
