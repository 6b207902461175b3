import { jobs } from "./0001_jobs.ts"
import { pauses } from "./0002_pauses.ts"
import { operate } from "./0003_operate.ts"

/** Every migration, in order. One that was shipped is never edited: a change of the tables is another one. */
export const migrations = { "0001_jobs": jobs, "0002_pauses": pauses, "0003_operate": operate }

/** The version of the tables that these statements are made for. */
export const newest = Object.keys(migrations).length
