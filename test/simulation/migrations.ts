import type { ClaimRequest } from "../../src/store/JobStore.ts"
import type { Call, Moment } from "./History.ts"
import type { Timeline } from "./Timeline.ts"
import { rounding } from "./Timeline.ts"

/** A look of a worker's at what there is to run: a question, or a claim. */
export const isLook = ({ operation, request }: Call): boolean =>
  operation === "nextDue" || operation === "claim" && !(request as ClaimRequest).worker.startsWith("hand.")

/** Whether a store has answered that the tables are newer. */
export const saidNewer = ({ faults }: Call): boolean => faults.includes("newer schema")

/** The drain of each process's worker that began as one of its looks was answered that the tables are newer. */
export const endsForNewer = (timeline: Stops): ReadonlyMap<string, Moment> => {
  const ends = new Map<string, Moment>()
  for (const call of timeline.history.calls) {
    const { process } = call
    if (!isLook(call) || !saidNewer(call) || ends.has(process)) continue
    const drain = drainAfter(timeline, call)
    if (drain !== undefined) ends.set(process, drain)
  }
  return ends
}

/** The drain that a worker began as the answer of a call came, in which only a stop of its process can come between. */
const drainAfter = (timeline: Stops, { process, returned }: Call): Moment | undefined =>
  returned === undefined ?
    undefined :
    timeline.history.incidents.find(({ at, order, to, what }) =>
      what === "worker drains" && to === process && order > returned.order
      && at - returned.at - timeline.stoppedFor(process, returned.at, at) <= rounding
    )

/** As much of a timeline as there is while it is made. */
type Stops = Pick<Timeline, "history" | "stoppedFor">

type Ordered = { readonly order: number }

/** Whether the tables were newer all the time from one place in the order to another. */
export const isAllNewer = ({ history }: Stops, from: Ordered, to: Ordered): boolean =>
  history.migrations.some((one) => one.from.order < from.order && (one.to?.order ?? Infinity) > to.order)

/** Whether they were newer at some time of it. */
export const isNewerWithin = ({ history }: Stops, from: Ordered, to: Ordered): boolean =>
  history.migrations.some((one) => one.from.order < to.order && (one.to?.order ?? Infinity) > from.order)

/** Whether the newer release was taken back in between: who finds nothing looks at the version afterwards. */
export const isTakenBackWithin = ({ history }: Stops, from: Ordered, to: Ordered): boolean =>
  history.migrations.some((one) => one.to !== undefined && one.to.order > from.order && one.to.order < to.order)
