import type { JobFilter } from "../api/wire.ts"

const words: Readonly<Record<keyof JobFilter, string>> = {
  status: "status",
  queue: "queue",
  kind: "kind",
  partition: "partition",
  uniqueKey: "unique key",
  error: "error"
}

/** A filter in words, as in `status failed, queue "mail"`; "" for one that lets every job through. */
export const filterText = (filter: JobFilter): string =>
  (Object.keys(words) as ReadonlyArray<keyof JobFilter>).flatMap((name) => {
    const value = filter[name]
    return value === undefined ? [] : [`${words[name]} ${name === "status" ? value : JSON.stringify(value)}`]
  }).join(", ")
