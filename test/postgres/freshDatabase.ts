import { Effect, Layer, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { Pool } from "pg"
import { inject } from "vitest"

const server = inject("postgres")
const templates = inject("databaseTemplates")

/** A copy of a database of the server. */
const copyOf = (template: "empty" | "migrated") =>
  Effect.acquireRelease(
    Effect.gen(function*() {
      const name = `holdfast_${randomUUID().replaceAll("-", "")}`
      yield* run(`CREATE DATABASE ${name} ${templates[template]}`)
      const url = new URL(server)
      url.pathname = `/${name}`
      return { name, url: Redacted.make(url.href) }
    }),
    ({ name }) => run(`DROP DATABASE ${name} WITH (FORCE)`)
  ).pipe(Effect.map(({ url }) => url))

/** The URL of a database without tables, which is dropped when the scope closes. */
export const freshDatabase = copyOf("empty")

/** The same with the tables of Holdfast and of BrandBrain, which is there in half of the time. */
export const migratedDatabase = copyOf("migrated")

/** A layer on a database of its own, without tables. */
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

/** One connection for a thread's files: a server takes 20 ms of its processor to begin one. */
const admin = new Pool({ connectionString: server, max: 1, allowExitOnIdle: true })
// A test may have ended it. The next query opens another.
admin.on("error", () => {})

const run = (statement: string) => Effect.promise(() => admin.query(statement))
