import { Schema } from "effect"
import { Job, JobQueue } from "holdfast"

const Reindex = Job.make("search.reindex", { payload: { pageId: Schema.String } })

const Import = Job.make("catalogue.import", { payload: { shop: Schema.String, file: Schema.String } })

/** Reindexes a page once nobody has edited it for 5 seconds, and at the latest a minute after the first edit. */
export const pageEdited = (pageId: string) =>
  JobQueue.enqueue(Reindex, { pageId }, {
    uniqueKey: pageId,
    delay: "5 seconds",
    onConflict: "move",
    maxWait: "1 minute"
  })

/** Imports one file of a shop at a time. While one waits, a newer file takes its place; while one runs, none is added. */
export const fileUploaded = (shop: string, file: string) =>
  JobQueue.enqueue(Import, { shop, file }, { uniqueKey: shop, uniqueScope: "unfinished", onConflict: "replace" })
