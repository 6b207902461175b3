import { Metric } from "effect"

/** The length of a database's WAL, for those who read metrics by value. */
export const walSize = Metric.gauge("holdfast_wal_size_bytes", {
  description: "The length of the write-ahead log when a worker or a checkpoint last looked, by database"
})
