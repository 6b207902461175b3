import type * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Redacted } from "effect"
import { randomUUID } from "node:crypto"

/** The name of a role that may log in and nothing else, which is dropped with its rights when the scope closes. */
export const freshRole = (admin: PgClient.PgClient) =>
  Effect.acquireRelease(
    Effect.gen(function*() {
      const role = `worker_${randomUUID().replaceAll("-", "")}`
      // Before PostgreSQL 15 everybody may create tables in it.
      yield* admin.unsafe("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
      yield* admin.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
      return role
    }),
    (role) => Effect.orDie(admin.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`))
  )

/** The URL for such a role. */
export const asRole = (url: Redacted.Redacted, role: string): Redacted.Redacted => {
  const named = new URL(Redacted.value(url))
  named.username = role
  named.password = "secret"
  return Redacted.make(named.href)
}
