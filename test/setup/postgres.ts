import { Effect, Layer, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { Client } from "pg"
import type { TestProject } from "vitest/node"
import * as BrandBrain from "../../src/brandbrain/storage/migrate.ts"
import * as PostgresStore from "../../src/store/postgres/PostgresStore.ts"
import { startServer } from "../postgres/server.ts"
import { installVersion } from "../postgres/versions.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The URL of a PostgreSQL server's superuser. */
    readonly postgres: string
    /** The end of a CREATE DATABASE for one without tables, and for one that has those of Holdfast and of BrandBrain. */
    readonly databaseTemplates: { readonly empty: string; readonly migrated: string }
  }
}

/** A server for all tests of PostgreSQL: the one that TEST_DATABASE_URL names, or one that is started for them. */
export const setup = async ({ provide }: TestProject) => {
  installVersion()
  const given = process.env.TEST_DATABASE_URL
  const server = given === undefined || given === "" ? await startServer() : { url: given, stop: async () => undefined }
  provide("postgres", server.url)
  const migrated = `holdfast_template_${randomUUID().replaceAll("-", "")}`
  const version = await onServer(server.url, async (client) => {
    await client.query(`CREATE DATABASE ${migrated}`)
    const { rows } = await client.query("SHOW server_version_num")
    return Number(rows[0].server_version_num)
  })
  await migrate(server.url, migrated)
  // Twice as fast as the other strategy, which version 15 has made the default. Version 14 has this one only.
  const strategy = version >= 150_000 ? "STRATEGY FILE_COPY" : ""
  provide("databaseTemplates", { empty: strategy, migrated: `TEMPLATE ${migrated} ${strategy}` })
  return async () => {
    await onServer(server.url, (client) => client.query(`DROP DATABASE ${migrated}`))
    await server.stop()
  }
}

const migrate = (server: string, database: string) => {
  const url = new URL(server)
  url.pathname = `/${database}`
  const store = PostgresStore.layer({ url: Redacted.make(url.href), maxConnections: 1 })
  return Effect.runPromise(Effect.scoped(Layer.build(Layer.provide(BrandBrain.layer, store))))
}

const onServer = async <A>(url: string, use: (client: Client) => Promise<A>): Promise<A> => {
  const client = new Client(url)
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
