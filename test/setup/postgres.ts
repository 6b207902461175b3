import type { TestProject } from "vitest/node"
import { startServer } from "../postgres/server.ts"
import { installVersion } from "../postgres/versions.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The URL of a PostgreSQL server's superuser. */
    readonly postgres: string
  }
}

/** A server for all tests of PostgreSQL: the one that TEST_DATABASE_URL names, or one that is started for them. */
export const setup = async ({ provide }: TestProject) => {
  installVersion()
  const given = process.env.TEST_DATABASE_URL
  if (given !== undefined && given !== "") {
    provide("postgres", given)
    return
  }
  const server = await startServer()
  provide("postgres", server.url)
  return server.stop
}
