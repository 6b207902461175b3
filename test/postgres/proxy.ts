import { once } from "node:events"
import { connect, createServer } from "node:net"
import type { Socket } from "node:net"

/** A network between a client and a server on loopback, which a test can break. */
export interface Proxy {
  /** The server's URL by way of this network. */
  readonly url: string
  /** Swallows all that is sent from now on, on these connections and on new ones, and says nothing of it. */
  readonly cut: () => void
  /** Lets new connections through. Those that there were before the cut stay dead, and hear nothing of it. */
  readonly heal: () => void
  /** Carries the next message of the client that fits to the server, and closes the connection before the answer, or drops what follows. */
  readonly loseAnswerOf: (message: RegExp, how?: "silently") => Promise<void>
  readonly close: () => Promise<void>
}

export const startProxy = async (serverUrl: string): Promise<Proxy> => {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  let isCut = false
  let losing: { readonly message: RegExp; readonly isSilent: boolean; readonly lost: () => void } | undefined
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let isLost = false
    for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(from)
      from.on("error", () => {})
      from.on("close", () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on("data", (data) => {
        if (isCut || dead.has(from)) {
          dead.add(from)
          dead.add(to)
          return
        }
        if (from === upstream && isLost) {
          client.destroy()
          return
        }
        to.write(data)
        if (from === client && losing?.message.test(data.toString("latin1")) === true) {
          if (losing.isSilent) { for (const socket of [from, to]) dead.add(socket) }
          else isLost = true
          losing.lost()
          losing = undefined
        }
      })
    }
  })
  const dead = new Set<Socket>()
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port")
  const url = new URL(serverUrl)
  url.hostname = "127.0.0.1"
  url.port = String(address.port)
  return {
    url: url.href,
    cut: () => {
      isCut = true
      for (const socket of sockets) dead.add(socket)
    },
    heal: () => {
      isCut = false
    },
    loseAnswerOf: (message, how) => new Promise((lost) => losing = { message, isSilent: how === "silently", lost }),
    close: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, "close")
    }
  }
}
