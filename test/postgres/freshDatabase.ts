import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Redacted } from "effect"
import { inject } from "vitest"
import { randomUUID } from "node:crypto"

const server = inject("postgres")

/** The URL of a database without tables, which is dropped when the scope closes. */
export const freshDatabase = Effect.acquireRelease(
  Effect.gen(function*() {
    const name = `holdfast_${randomUUID().replaceAll("-", "")}`
    yield* run(`CREATE DATABASE ${name}`)
    const url = new URL(server)
    url.pathname = `/${name}`
    return { name, url: Redacted.make(url.href) }
  }),
  ({ name }) => run(`DROP DATABASE ${name} WITH (FORCE)`)
).pipe(Effect.map(({ url }) => url))

/** A layer on a database of its own. */
export const onFreshDatabase = <A, E, R>(layerOn: (url: Redacted.Redacted) => Layer.Layer<A, E, R>) =>
  Layer.unwrapScoped(Effect.map(freshDatabase, layerOn))

/** A layer on a schema of its own in the server's database, with a name that has to be quoted. */
export const onFreshSchema = <A, E, R>(layerOn: (url: Redacted.Redacted, schema: string) => Layer.Layer<A, E, R>) =>
  Layer.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => `Jobs of "${randomUUID()}"`),
        (name) => run(`DROP SCHEMA IF EXISTS "${name.replaceAll("\"", "\"\"")}" CASCADE`)
      ),
      (name) => layerOn(Redacted.make(server), name)
    )
  )

const run = (statement: string) =>
  Effect.flatMap(PgClient.make({ url: Redacted.make(server), maxConnections: 1 }), (sql) => sql.unsafe(statement)).pipe(
    Effect.scoped,
    Effect.provide(Reactivity.layer),
    Effect.orDie
  )
