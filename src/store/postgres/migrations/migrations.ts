import { jobs } from "./0001_jobs.ts"

/** Every migration, in order. They have the numbers of SQLite's, so that both databases have the same versions. */
export const migrations = { "0001_jobs": jobs }

/** The version of the tables that these statements are made for. */
export const newest = Object.keys(migrations).length
