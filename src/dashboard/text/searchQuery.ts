import type { JobStatus } from "../../domain/JobRecord.ts"

/** The statuses that a list can be asked for, in the order of a job's life. */
export const statuses: ReadonlyArray<JobStatus> = ["pending", "running", "succeeded", "failed", "cancelled"]

/** The target of a search: one job, or the jobs that a filter lets through. */
export type Search =
  | { readonly id: string }
  | {
    readonly status?: JobStatus
    readonly queue?: string
    readonly kind?: string
    readonly partition?: string
    readonly uniqueKey?: string
    readonly error?: string
  }

/** Names that exist, so that a bare word can be told. */
export interface Known {
  readonly queues: ReadonlyArray<string>
  readonly kinds: ReadonlyArray<string>
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Reads the text of the search field: an id of a job, or words like `failed queue:mail kind:email.welcome partition:acme
 * key:brand-7 error:"mailbox full"`.
 * A word alone is a status, then a queue that exists, then a kind. A value with spaces stands in quotation marks.
 */
export const searchOf = (text: string, known: Known): Search | null => {
  const words = [...text.matchAll(/(\w+):"([^"]*)"|(\w+):(\S+)|"([^"]*)"|(\S+)/g)]
  const filter: {
    status?: JobStatus
    queue?: string
    kind?: string
    partition?: string
    uniqueKey?: string
    error?: string
  } = {}
  for (const [, quotedKey, quoted, plainKey, plain, quotedWord, bareWord] of words) {
    const key = quotedKey ?? plainKey
    const value = quoted ?? plain ?? quotedWord ?? bareWord ?? ""
    if (value === "") continue
    if (key === "id" || (key === undefined && uuid.test(value))) {
      return { id: key === "id" ? value : value.toLowerCase() }
    }
    if (key === "queue" || key === "kind" || key === "partition" || key === "error") filter[key] = value
    else if (key === "key") filter.uniqueKey = value
    else if (key === "status" && isStatus(value)) filter.status = value
    else if (key === undefined && isStatus(value)) filter.status = value
    else if (key === undefined && known.queues.includes(value)) filter.queue = value
    // A kind may have a colon in its name.
    else filter.kind = key === undefined ? value : `${key}:${value}`
  }
  return Object.keys(filter).length === 0 ? null : filter
}

/** True for the name of a status that a list can be asked for. */
export const isStatus = (value: string): value is JobStatus => (statuses as ReadonlyArray<string>).includes(value)
