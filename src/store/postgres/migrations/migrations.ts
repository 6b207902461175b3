import { jobs } from "./0001_jobs.ts"
import { pauses } from "./0002_pauses.ts"
import { operate } from "./0003_operate.ts"

/** Every migration, in order. They have the numbers of SQLite's, so that both databases have the same versions. */
export const migrations = { "0001_jobs": jobs, "0002_pauses": pauses, "0003_operate": operate }

/** The version of the tables that these statements are made for. */
export const newest = Object.keys(migrations).length
