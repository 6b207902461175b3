import { Effect } from "effect"
import type { Scope } from "effect"
import type { Proxy } from "./proxy.ts"
import { startProxy } from "./proxy.ts"
import type { Server } from "./server.ts"
import { startServer } from "./server.ts"

/** A server of a test's own, which is stopped when the scope closes. */
export const ownServer = (...options: Parameters<typeof startServer>): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.promise(() => startServer(...options)), ({ stop }) => Effect.promise(stop))

/** A network of a test's own before a server, which is gone when the scope closes. */
export const ownNetwork = (url: string): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.promise(() => startProxy(url)), ({ close }) => Effect.promise(close))
