import { Effect } from "effect"
import { startServer } from "../../postgres/server.ts"
import { serverPidVariable, serverVariable } from "./database.ts"

/** Settings that a server with 24 GB of memory would have at least. Commits wait for the disk. */
const settings = { fsync: "on", shared_buffers: "512MB", max_wal_size: "4GB" }

/** Runs a bench while a server is there, which the processes of the bench find. */
export const withServer = <A, E, R>(bench: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.promise(() => startServer(settings)),
    (server) =>
      Effect.zipRight(
        Effect.sync(() => {
          process.env[serverVariable] = server.url
          process.env[serverPidVariable] = String(server.pid())
        }),
        bench
      ),
    (server) => Effect.promise(server.stop)
  )
