import type { TestProject } from "vitest/node"
import { pgbouncerProgram } from "../postgres/pgbouncer.ts"
import { setup as startServer } from "./postgres.ts"

/** The server for the tests of PgBouncer, which fail at once where that is not installed. */
export const setup = (project: TestProject) => {
  pgbouncerProgram()
  return startServer(project)
}
