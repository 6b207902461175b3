import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { SqlJobStore } from "holdfast/sqlite"

/** What a store on this client fails with. */
const refused = (client: SqlClient.SqlClient) =>
  Layer.build(SqlJobStore.layer()).pipe(
    Effect.provideService(SqlClient.SqlClient, client),
    Effect.scoped,
    Effect.flip,
    Effect.map(({ message }) => message)
  )

const inMemory = Effect.provide(SqliteClient.layer({ filename: ":memory:" }))

it.scoped("a client whose transactions are somewhere else, as libsql's are, is refused by name of what is missing", () =>
  Effect.gen(function*() {
    const client = yield* SqlClient.SqlClient
    class Elsewhere extends Context.Tag("Elsewhere")<Elsewhere, readonly [connection: object, depth: number]>() {}
    const withTransaction: typeof client.withTransaction = (effect) => Effect.provideService(effect, Elsewhere, [{}, 0])
    assert.include(
      yield* refused(Object.assign(client, { withTransaction })),
      "not supported, since its transactions are not on the connection that it gives"
    )
  }).pipe(inMemory))

it.scoped("a client of another database is refused before anything is asked of it", () =>
  Effect.gen(function*() {
    const client = yield* SqlClient.make({
      acquirer: Effect.dieMessage("nothing is to be asked"),
      compiler: Statement.makeCompiler({
        dialect: "pg",
        placeholder: (index) => `$${index}`,
        onIdentifier: (name) => `"${name}"`,
        onRecordUpdate: () => ["", []],
        onCustom: () => ["", []]
      }),
      spanAttributes: []
    })
    assert.include(yield* refused(client), "not supported, since it is not one of SQLite's")
  }).pipe(Effect.provide(Reactivity.layer)))
