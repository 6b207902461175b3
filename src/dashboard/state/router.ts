import type { JobFilter } from "../api/wire.ts"
import { query } from "../text/query.ts"
import { isStatus } from "../text/searchQuery.ts"
import type { TroubleType } from "../text/trouble.ts"
import { troubleTypes } from "../text/trouble.ts"

/** A view of the page with all of its state, as the address has it after `#`. */
export type Route =
  /** `span`: the minutes that the charts show. */
  | { readonly view: "overview"; readonly span: 10 | 30 | 60 }
  | { readonly view: "jobs"; readonly filter: JobFilter }
  | { readonly view: "job"; readonly id: string }
  | { readonly view: "queues"; readonly by: "queue" | "kind"; readonly find: string }
  | { readonly view: "workers" }
  | { readonly view: "trouble"; readonly type: TroubleType | null }
  | { readonly view: "unknown"; readonly path: string }

/** Reads the fragment of an address, with or without its `#`. */
export const routeOf = (fragment: string): Route => {
  const [path = "", query = ""] = split(fragment.replace(/^#?\/?/, ""))
  const search = new URLSearchParams(query)
  const text = (name: string) => {
    const value = search.get(name)
    return value === null || value === "" ? undefined : value
  }
  const parts = path.split("/").map(decoded)
  const [view, id] = parts
  if (path === "") {
    const span = Number(text("span"))
    return { view: "overview", span: span === 10 || span === 30 ? span : 60 }
  }
  if (view === "jobs" && parts.length === 1) {
    const status = text("status")
    return {
      view: "jobs",
      filter: {
        status: status !== undefined && isStatus(status) ? status : undefined,
        queue: text("queue"),
        kind: text("kind"),
        partition: text("partition"),
        uniqueKey: text("uniqueKey"),
        error: text("error")
      }
    }
  }
  if (view === "jobs" && parts.length === 2 && id !== undefined && id !== "") return { view: "job", id }
  if (view === "queues" && parts.length === 1) {
    return { view: "queues", by: text("by") === "kind" ? "kind" : "queue", find: text("find") ?? "" }
  }
  if (view === "workers" && parts.length === 1) return { view: "workers" }
  if (view === "trouble" && parts.length === 1) {
    const type = text("type")
    return {
      view: "trouble",
      type: type !== undefined && Object.hasOwn(troubleTypes, type) ? type as TroubleType : null
    }
  }
  return { view: "unknown", path }
}

/** The fragment of a route, with its `#`. Reading it again gives the same route. */
export const addressOf = (route: Route): string => {
  switch (route.view) {
    case "overview":
      return `#/${query({ span: route.span === 60 ? undefined : String(route.span) })}`
    case "jobs":
      return `#/jobs${query({ ...route.filter })}`
    case "job":
      return `#/jobs/${encodeURIComponent(route.id)}`
    case "queues":
      return `#/queues${query({ by: route.by === "kind" ? "kind" : undefined, find: route.find })}`
    case "workers":
      return "#/workers"
    case "trouble":
      return `#/trouble${query({ type: route.type ?? undefined })}`
    case "unknown":
      return `#/${route.path}`
  }
}

/** The address of a list of jobs. */
export const jobsAddress = (filter: JobFilter): string => addressOf({ view: "jobs", filter })

/** The filter of the list that led to `next`, after one job the same as before it; empty where no list did. */
export const listBeforeOf = (filter: JobFilter, from: Route, next: Route): JobFilter =>
  next.view !== "job" ? {} : from.view === "jobs" ? from.filter : from.view === "job" ? filter : {}

/** The token in a fragment such as `#token=secret`, which is how `start` hands it over. */
export const tokenOf = (fragment: string): string | null => {
  const text = fragment.replace(/^#/, "")
  return text.startsWith("token=") ? new URLSearchParams(text).get("token") : null
}

const split = (text: string): ReadonlyArray<string> => {
  const at = text.indexOf("?")
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
