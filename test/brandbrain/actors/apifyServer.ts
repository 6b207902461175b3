import { Effect } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

/** What the server was asked, as it stood on the wire. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

/**
 * What the server does about a request.
 *
 * `hang` says nothing, `stall` stops in mid-answer, `reset` hangs up before an
 * answer, `cut` in the middle of one, `endless` goes on until the client has enough.
 */
export type Answer = Written | "hang" | "stall" | "reset" | "cut" | "endless"

export interface Written {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown
}

/** A server on this machine that answers as told, late if need be. It is gone, with all that is open, when the scope ends. */
export const apifyServer = Effect.fn("apifyServer")(function*(
  answer: (asked: Asked, nth: number) => Answer | Promise<Answer>
) {
  const asked: Array<Asked> = []
  let connections = 0
  let hungUp = 0
  const waiting = new Set<() => void>()
  const until = (condition: () => boolean) =>
    Effect.async<void>((resume) => {
      const look = () => {
        if (condition()) {
          waiting.delete(look)
          resume(Effect.void)
        }
      }
      waiting.add(look)
      look()
    })
  const changed = () => {
    for (const look of waiting) {
      look()
    }
  }

  const server = Http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { headers, method = "", url: path = "" } = request
      const question = { method, path, headers, body: Buffer.concat(chunks).toString() }
      asked.push(question)
      response.on("close", () => {
        hungUp += response.writableFinished ? 0 : 1
        changed()
      })
      const reply = answer(question, asked.length)
      if (reply instanceof Promise) {
        void reply.then((late) => respond(response, late))
      } else {
        respond(response, reply)
      }
      changed()
    })
  })
  server.on("connection", () => {
    connections++
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    connections: () => connections,
    /** Waits until so many requests have come in whole. */
    arrival: (count: number) => until(() => asked.length >= count),
    /** Waits until so many answers were let go of before they were over. */
    letGo: (count: number) => until(() => hungUp >= count)
  }
})

const respond = (response: Http.ServerResponse, answer: Answer) => {
  switch (answer) {
    case "hang":
      return
    case "stall":
      response.writeHead(200, { "content-length": 1_000 }).write("{\"data\":")
      return
    case "reset":
      response.socket?.resetAndDestroy()
      return
    case "cut":
      response.writeHead(200, { "content-length": 1_000 }).write("{\"data\":", () => response.destroy())
      return
    case "endless": {
      const chunk = Buffer.alloc(256 * 1024, " ")
      const more = () => {
        while (!response.destroyed && response.write(chunk)) {
          // On to the next, until the socket has enough for now.
        }
      }
      response.on("drain", more)
      more()
      return
    }
    default: {
      const { body = "", headers, status = 200 } = answer
      response.writeHead(status, headers)
      response.end(typeof body === "string" ? body : JSON.stringify(body))
    }
  }
}

export const aRun = (status: string, id = "run-1") => ({
  id,
  actId: "act-1",
  status,
  statusMessage: null,
  defaultDatasetId: `dataset-of-${id}`,
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: status === "RUNNING" || status === "READY" ? null : "2026-01-01T00:01:00.000Z"
})

export const anError = (type: string, message: string) => ({ error: { type, message } })

export interface Actor {
  /** What each look at a run answers; the last one stays. */
  readonly statuses?: ReadonlyArray<string>
  readonly statusMessage?: string
  readonly items?: ReadonlyArray<unknown>
  /** Whether it forgets the limit. */
  readonly overflows?: boolean
}

/**
 * A whole platform: keeps runs, their inputs and datasets, and speaks of them as the real one does,
 * to our client and to the one that its makers publish.
 */
export const actors = (known: Readonly<Record<string, Actor>>, token: string) => {
  const runs: Array<{ readonly actorId: string; readonly input: string; looks: number; status: string }> = []
  const runOf = (id: string) => runs[Number(id.split("-").at(-1)) - 1]
  const notFound = { status: 404, headers: json, body: anError("record-not-found", "There is no such thing") }
  const told = (id: string) => {
    const run = runOf(id)
    const statusMessage = run === undefined ? undefined : known[run.actorId]?.statusMessage
    return {
      ...aRun(run?.status ?? "", id),
      statusMessage: statusMessage ?? null,
      defaultKeyValueStoreId: `store-of-${id}`
    }
  }

  return ({ body, headers, method, path }: Asked): Written => {
    if (headers.authorization !== `Bearer ${token}`) {
      return { status: 401, headers: json, body: anError("user-or-token-not-found", "Who is this?") }
    }
    const url = new URL(path, "http://platform")
    const number = (name: string, otherwise: number) => Number(url.searchParams.get(name) ?? otherwise)
    const [version, collection, id = "", ...rest] = url.pathname.split("/").slice(1).map(decodeURIComponent)
    // Both names of the collection are in use.
    switch (`${method} ${version} ${collection === "actors" ? "acts" : collection} ${rest.join(" ")}`.trim()) {
      case "POST v2 acts runs":
        return known[id] === undefined
          ? notFound
          : {
            status: 201,
            headers: json,
            body: { data: told(`run-${runs.push({ actorId: id, input: body, looks: 0, status: "READY" })}`) }
          }
      case "GET v2 acts runs": {
        const all = runs.flatMap(({ actorId }, index) => actorId === id ? [told(`run-${index + 1}`)] : [])
        const [limit, offset] = [number("limit", 1_000), number("offset", 0)]
        const items = (url.searchParams.get("desc") === "1" ? all.toReversed() : all).slice(offset, offset + limit)
        const desc = url.searchParams.get("desc") === "1"
        return { headers: json, body: { data: { total: all.length, offset, limit, desc, count: items.length, items } } }
      }
      case "GET v2 actor-runs": {
        const run = runOf(id)
        if (run === undefined) {
          return notFound
        }
        const statuses = known[run.actorId]?.statuses ?? ["SUCCEEDED"]
        // One who waits for the end is answered as the run will be then.
        const look = number("waitForFinish", 0) > 0 ? statuses.length : run.looks++
        run.status = statuses[look] ?? statuses.at(-1) ?? "SUCCEEDED"
        return { headers: json, body: { data: told(id) } }
      }
      case "GET v2 key-value-stores records INPUT": {
        const run = runOf(id)
        return run === undefined ? notFound : { headers: json, body: run.input }
      }
      case "GET v2 datasets items": {
        const run = runOf(id)
        if (run === undefined) {
          return notFound
        }
        const { items = [], overflows = false } = known[run.actorId] ?? {}
        const [limit, offset] = [number("limit", 999_999_999_999), number("offset", 0)]
        const page = overflows ? items : items.slice(offset, offset + limit)
        const pagination = { total: items.length, offset, limit, count: page.length, desc: false }
        return {
          headers: {
            ...json,
            ...Object.fromEntries(
              Object.entries(pagination).map(([name, value]) => [`x-apify-pagination-${name}`, String(value)])
            )
          },
          body: page
        }
      }
      default:
        return notFound
    }
  }
}

const json = { "content-type": "application/json; charset=utf-8" }
