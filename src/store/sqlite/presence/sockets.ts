import { Effect } from "effect"
import { lstatSync } from "node:fs"
import type { Server, Socket } from "node:net"
import { connect, createServer } from "node:net"
import { dirname } from "node:path"

/** The longest wait for an answer that the kernel gives at once. */
const answersWithin = 1_000

/** Listens on a path, until the process ends or the answer is closed. It keeps no process alive. */
export const listenOn = (path: string): Effect.Effect<{ readonly close: Effect.Effect<void> }, unknown> =>
  Effect.async((resume) => {
    const held = new Set<Socket>()
    const server: Server = createServer((socket) => {
      held.add(socket)
      socket.unref().on("error", () => {}).on("close", () => held.delete(socket)).resume()
    })
    server.unref()
    server.once("error", (error) => resume(Effect.fail(error)))
    // A program of Node's cluster module would listen for this process otherwise, and outlive it.
    server.listen({ path, exclusive: true }, () => {
      server.on("error", () => {})
      resume(Effect.succeed({
        close: Effect.async<void>((closed) => {
          server.close(() => closed(Effect.void))
          for (const socket of held) socket.destroy()
        })
      }))
    })
  })

/**
 * True if this is a socket of this user's on this device, in a folder that nobody else may write, and nothing listens behind it
 * any more. False means nothing.
 */
export const refuses = (path: string, device: number): Effect.Effect<boolean> =>
  Effect.suspend(() => isSocketOn(path, device) && isOurs(dirname(path)) ? isRefused(path) : Effect.succeed(false))

/** A file that is not a socket refuses, too. So does a copy of one, as on a file system that was mounted in the folder's place. */
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
  Effect.async<boolean>((resume) => {
    const socket = connect({ path })
    const answer = (isRefused: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resume(Effect.succeed(isRefused))
    }
    const timer = setTimeout(() => answer(false), answersWithin)
    socket.once("connect", () => answer(false))
    socket.on("error", (error) => answer("code" in error && error.code === "ECONNREFUSED"))
    return Effect.sync(() => answer(false))
  })

/** Holds a connection to this path and calls `ended` once it breaks. Answers what lets it go. */
export const holdOn = (path: string, ended: () => void): () => void => {
  const socket = connect({ path })
  socket.unref()
  socket.on("error", () => {}).resume()
  socket.once("close", ended)
  return () => {
    socket.removeListener("close", ended)
    socket.destroy()
  }
}
