import { once } from "node:events"
import { connect, createServer } from "node:net"
import type { Socket } from "node:net"

/** A network between a client and a server on loopback, which a test can break. */
export interface Proxy {
  /** The server's URL by way of this network. */
  readonly url: string
  /** Swallows all that is sent from now on, on these connections and on new ones. Neither side hears of it, nor of the end of the other. */
  readonly cut: () => void
  /** Lets new connections through. Clients hear nothing of those that were cut. The server notices that their clients have gone, as by its keepalives. */
  readonly heal: () => void
  /**
   * Carries the next message of the client that fits to the server. Then it closes
   * the connection before the answer, resets it, or drops what follows.
   */
  readonly loseAnswerOf: (message: RegExp, how?: "closed" | "reset" | "silently") => Promise<void>
  /** Loses no answer any more. */
  readonly loseNone: () => void
  readonly close: () => Promise<void>
}

interface Losing {
  readonly message: RegExp
  readonly how: "closed" | "reset" | "silently"
  readonly lost: () => void
}

/** A client's socket, and the one to the server that stands for it. */
interface Link {
  readonly client: Socket
  readonly upstream: Socket
  isCut: boolean
  loses: "closed" | "reset" | undefined
}

export const startProxy = async (serverUrl: string): Promise<Proxy> => {
  const target = new URL(serverUrl)
  const links = new Set<Link>()
  let isCut = false
  let losing: Losing | undefined

  const carried = (link: Link, data: Buffer) => {
    link.upstream.write(data)
    if (losing?.message.test(data.toString("latin1")) !== true) return
    const { how, lost } = losing
    losing = undefined
    if (how === "silently") link.isCut = true
    else link.loses = how
    lost()
  }
  const answered = ({ client, loses }: Link, data: Buffer) => {
    if (loses === "reset") client.resetAndDestroy()
    else if (loses === "closed") client.destroy()
    else client.write(data)
  }
  // Neither side hears of the end of the other but by `end`.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const link: Link = {
      client,
      upstream: connect({ port: Number(target.port), host: target.hostname, allowHalfOpen: true }),
      isCut: false,
      loses: undefined
    }
    const { upstream } = link
    links.add(link)
    const end = (other: Socket) => {
      if (client.destroyed && upstream.destroyed) links.delete(link)
      if (!link.isCut) other.destroy()
    }
    const carries = () => {
      link.isCut ||= isCut
      return !link.isCut
    }
    for (const socket of [client, upstream]) socket.on("error", () => {})
    client.on("close", () => end(upstream)).on("data", (data) => carries() && carried(link, data))
    upstream.on("close", () => end(client)).on("data", (data) => carries() && answered(link, data))
    client.on("end", () => carries() && upstream.end())
    upstream.on("end", () => carries() && client.end())
  })
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
      for (const link of links) link.isCut = true
    },
    heal: () => {
      isCut = false
      for (const { isCut, upstream } of links) if (isCut) upstream.destroy()
    },
    loseAnswerOf: (message, how = "closed") => new Promise((lost) => losing = { message, how, lost }),
    loseNone: () => {
      losing = undefined
    },
    close: async () => {
      server.close()
      for (const { client, upstream } of links) {
        client.destroy()
        upstream.destroy()
      }
      await once(server, "close")
    }
  }
}
