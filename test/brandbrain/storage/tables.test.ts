import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Migration from "../../../src/brandbrain/storage/migrate.ts"
import { tables } from "../../../src/brandbrain/storage/tables.ts"
import * as Testing from "../../../src/testing.ts"

it.effect("the list of tables has every table and column that the migrations make, behind those it refers to", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* Migration.migrate
    const made = yield* sql<{ readonly name: string }>`
      SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'brandbrain_%' AND name <> ${Migration.migrationsTable}`
    assert.sameMembers(tables.map(({ name }) => name), made.map(({ name }) => name))
    const types = { text: ["TEXT"], int: ["INTEGER"], number: ["INTEGER", "REAL"] }
    const seen = new Set<string>()
    for (const { columns, key, name } of tables) {
      const found = yield* sql<{ readonly name: string; readonly type: string; readonly pk: number }>`
        SELECT name, type, pk FROM pragma_table_info(${name})`
      assert.deepStrictEqual(Object.keys(columns), found.map((column) => column.name), name)
      assert.sameMembers([...key], found.filter(({ pk }) => pk > 0).map((column) => column.name))
      for (const column of found) assert.include(types[columns[column.name] ?? "text"], column.type)
      const references = yield* sql<{ readonly table: string }>`SELECT "table" FROM pragma_foreign_key_list(${name})`
      assert.isTrue(references.every(({ table }) => seen.has(table)), name)
      seen.add(name)
    }
  }).pipe(Effect.provide(Testing.layerMemory)))
