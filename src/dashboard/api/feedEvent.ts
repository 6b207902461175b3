import type { Message } from "./sseParser.ts"

/** An event of the feed, whose fields are read one by one: an older page still reads what a newer server tells. */
export interface FeedEvent {
  /** Its id in the feed. */
  readonly key: string
  /** The tag of the JobEvent, or "missed" for a gap that could not be filled. */
  readonly tag: string
  /** A field that is a text; "" if it is not. */
  readonly text: (field: string) => string
  readonly number: (field: string) => number | null
  /** True for a field that is true. */
  readonly flag: (field: string) => boolean
  readonly texts: (field: string) => ReadonlyArray<string>
}

/** Reads a message of the feed. Null if its data is not a JSON object. */
export const feedEvent = ({ data, event, id }: Message): FeedEvent | null => {
  let parsed: unknown
  try {
    parsed = data === "" ? {} : JSON.parse(data)
  } catch {
    return null
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return null
  const fields = parsed as Readonly<Record<string, unknown>>
  const field = (name: string): unknown => Object.hasOwn(fields, name) ? fields[name] : undefined
  return {
    key: id,
    tag: event,
    text: (name) => asText(field(name)),
    number: (name) => {
      const value = field(name)
      return typeof value === "number" ? value : null
    },
    flag: (name) => field(name) === true,
    texts: (name) => {
      const value = field(name)
      return Array.isArray(value) ? value.filter((each) => typeof each === "string") : []
    }
  }
}

const asText = (value: unknown): string => typeof value === "string" ? value : ""

/** The jobs that an event is about. */
export const jobsOf = (event: FeedEvent): ReadonlyArray<string> => {
  const id = event.text("jobId")
  return id === "" ? event.texts("jobIds") : [id]
}
