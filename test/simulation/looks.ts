import { Predicate } from "effect"
import type { Option } from "effect"
import { isDeepStrictEqual } from "node:util"
import type { JobRecord } from "../../src/domain/JobRecord.ts"
import type { ClaimRequest, JobPage, Listing, StaleChoice, StaleJob, StaleLease } from "../../src/store/JobStore.ts"
import { inClaimOrder } from "./claimOrder.ts"
import { parsed } from "./contents.ts"
import type { JobRow } from "./database.ts"
import type { Call, Moment } from "./History.ts"
import { foreignKind } from "./jobs.ts"
import { isTakenBackWithin } from "./migrations.ts"
import { isSurelyPaused, mayBePaused } from "./pauses.ts"
import type { Timeline } from "./Timeline.ts"

/** A call and when it was answered: what was so all that time, it must have seen. */
export interface Look {
  readonly timeline: Timeline
  readonly call: Call
  readonly answered: Moment
}

/** What is wrong with the answer of a claim that found nothing, if anything: a job that it could have had all the time. */
export const wronglyNothing = (look: Look): string | undefined => {
  const request = look.call.request as ClaimRequest
  // The jobs of a claim that was answered late may fill all slots between a worker's look and its next claim.
  if (request.limit === 0 || isTakenBackWithin(look.timeline, look.call.invoked, look.answered)) return undefined
  const earliest = look.timeline.earliestWall(look.call.process, look.call.invoked.at, look.answered.at)
  const missed = allTheTime(look, (row) => isInLane(row, request) && row.available_at <= earliest)
    .filter((row) => obeys(look, row) && !mayBePaused(look, row))
    .find((job) => !areRefusersInItsWay(look, job))
  return missed === undefined ? undefined : `found nothing, where ${missed.id} was due`
}

/**
 * Whether a claim may have chosen nothing but rows that refuse it. They take up
 * room once, before they are left out: a job does not fit beside them, or one
 * before it does not, and a claim passes over none for its size.
 */
const areRefusersInItsWay = (look: Look, job: JobRow): boolean => {
  const request = look.call.request as ClaimRequest
  const latest = look.timeline.latestWall(look.call.process, look.call.invoked.at, look.answered.at)
  const rows = [...look.timeline.jobIds].flatMap((id) =>
    statesDuring(look, id).filter((row) => row !== undefined)
      .filter((row) => isInLane(row, request) && row.available_at <= latest).slice(-1)
  )
  const refusing = rows.filter((row) => !obeys(look, row))
  if (refusing.length === 0) return false
  const sizeOf = (row: JobRow) => Buffer.byteLength(look.timeline.payloadOf(row))
  const taken = refusing.reduce((total, row) => total + sizeOf(row), 0)
  const ofQueue = request.queues._tag === "Some"
    ? request.queues.value.find(({ queue }) => queue === job.queue)?.limit
    : undefined
  return refusing.length >= request.limit
    || refusing.filter(({ queue }) => queue === job.queue).length >= (ofQueue ?? Infinity)
    || rows.some((row) => taken + sizeOf(row) > request.maxBytes && obeys(look, row) && inClaimOrder(row, job) <= 0)
}

/** What is wrong with the answer to when the next job is due, if anything. Of several that are due, it may be any. */
export const wronglyNext = (look: Look, answer: Option.Option<number>): string | undefined => {
  const request = look.call.request as Lanes
  const mayBeNext = (row: JobRow) => isInLane(row, request) && obeys(look, row) && !mayBePaused(look, row)
  if (answer._tag === "None") {
    const [pending] = allTheTime(look, mayBeNext)
    return pending === undefined || isTakenBackWithin(look.timeline, look.call.invoked, look.answered)
      ? undefined
      : `nothing, where ${pending.id} was pending`
  }
  const { value } = answer
  const isNext = (row: JobRow) => isInLane(row, request) && row.available_at === value && !isSurelyPaused(look, row)
  if (!atSomeTime(look, isNext)) {
    return `${value}, when none is due`
  }
  const isDue = value <= look.timeline.latestWall(look.call.process, look.call.invoked.at, look.answered.at)
  if (isDue) return undefined
  // Not one that was moved meanwhile, perhaps to this instant.
  const [sooner] = allTheTime(look, (row) => mayBeNext(row) && row.available_at < value)
  return sooner === undefined ? undefined : `${value}, where ${sooner.id} was due before`
}

/** What is wrong with a list, if anything: its length or order, a job that was not so or does not belong there, or one that is left out. */
export const wronglyListed = (look: Look, { cursor, jobs }: JobPage): string | undefined => {
  const listing = look.call.request as Listing
  if (jobs.length > listing.limit) return `${jobs.length} jobs, of at most ${listing.limit}`
  const outOfOrder = jobs.find(({ id }, index) => index > 0 && id >= (jobs[index - 1]?.id ?? ""))
  if (outOfOrder !== undefined) return `${outOfOrder.id} is out of order`
  const last = jobs.at(-1)?.id
  // No fleet has so many jobs that a page ends for another reason than its limit or their size.
  if (cursor !== null && (jobs.length < listing.limit && !isHeavy(look.timeline) || cursor !== last)) {
    return `${cursor} is where no page ends`
  }
  const untrue = jobs.find((job) =>
    !statesDuring(look, job.id).some((row) => isAs(look.timeline, row, job) && isOfList(row, listing))
  )
  if (untrue !== undefined) return `${untrue.id} was never as answered, or does not belong there`
  const listed = new Set<string>(jobs.map(({ id }) => id))
  const missed = allTheTime(look, (row) => isOfList(row, listing) && row.id > (cursor ?? "")).find(({ id }) =>
    !listed.has(id)
  )
  return missed === undefined ? undefined : `${missed.id} is left out`
}

/** Whether some jobs are so large that a page of a list may end for it. */
const isHeavy = ({ plan }: Timeline): boolean => plan.large

/** What is wrong with a look at stale leases, if anything: its length or order, a lease that was not so or not over, or one that is left out. */
export const wronglyStale = (look: Look, answer: ReadonlyArray<StaleLease>): string | undefined => {
  const { after, heldBy, limit } = look.call.request as {
    readonly limit: number
    readonly after?: StaleLease
    readonly heldBy?: ReadonlyArray<string>
  }
  const { call, answered, timeline } = look
  if (answer.length > limit) return `${answer.length} leases, of at most ${limit}`
  const from = after === undefined ? answer : [after, ...answer]
  const outOfOrder = from.find((lease, index) => index > 0 && !isBehind(lease, from[index - 1]))
  if (outOfOrder !== undefined) return `${outOfOrder.id} is out of order`
  const latest = timeline.latestWall(call.process, call.invoked.at, answered.at)
  const untrue = answer.find((lease) =>
    (heldBy === undefined ? lease.lockedUntil > latest : !heldBy.includes(lease.lockedBy)) ||
    !statesDuring(look, lease.id).some((row) => row !== undefined && isUnder(row, lease))
  )
  if (untrue !== undefined) return `the lease of ${untrue.id} was never so, or not over`
  const earliest = timeline.earliestWall(call.process, call.invoked.at, answered.at)
  const seen = new Set<string>(answer.map(({ id }) => id))
  const last = answer.length < limit ? undefined : answer.at(-1)
  const missed = allTheTime(look, (row) => {
    if (row.status !== "running" || row.locked_until === null) return false
    if (heldBy === undefined ? row.locked_until > earliest : !heldBy.includes(row.locked_by ?? "")) return false
    // One that has refused a claim is left out of sweeps as well.
    if (!obeys(look, row)) return false
    const place = { id: row.id, lockedUntil: row.locked_until }
    return isBehind(place, after) && (last === undefined || !isBehind(place, last))
  }).find(({ id }) => !seen.has(id))
  return missed === undefined ? undefined : `the lease of ${missed.id} is left out`
}

/** What a release of stale leases has wrongly left, if anything: one that it was to free, and that was over all the time. */
export const wronglyLeft = (look: Look, freed: ReadonlyArray<StaleJob>): string | undefined => {
  const { answered, call, timeline } = look
  const which = call.request as StaleChoice
  const isChosen = (row: JobRow) =>
    "leases" in which ? which.leases.some((lease) => isUnder(row, lease)) : freed.length < which.limit
  const earliest = timeline.earliestWall(call.process, call.invoked.at, answered.at)
  const left = allTheTime(
    look,
    (row) => row.status === "running" && (row.locked_until ?? 0) <= earliest && isChosen(row)
  )
    .find((row) => obeys(look, row))
  return left === undefined ? undefined : `the lease of ${left.id} was not ended`
}

type Place = { readonly id: string; readonly lockedUntil: number }

const isBehind = (place: Place, before: Place | undefined): boolean =>
  before === undefined || place.lockedUntil > before.lockedUntil
  || place.lockedUntil === before.lockedUntil && place.id > before.id

/** Whether a row is under this very lease: the attempt, its holder and its end. */
export const isUnder = (row: JobRow, { attempt, id, lockedBy, lockedUntil }: StaleLease): boolean =>
  row.id === id && row.attempts === attempt && row.locked_by === lockedBy && row.locked_until === lockedUntil

/** Whether a job was at some time of the call as it was answered. */
export const wasAsAnswered = (look: Look, job: JobRecord): boolean =>
  statesDuring(look, job.id).some((row) => isAs(look.timeline, row, job))

/** Whether a record tells all of a row, and nothing else. Of another program's row it names the columns that it cannot read. */
const isAs = (timeline: Timeline, row: JobRow | undefined, job: JobRecord): row is JobRow => {
  if (row?.status !== job.status || row.attempts !== job.attempts || row.updated_at !== job.updatedAt) return false
  const told = { ...row, holds_key: row.holds_key === 1 }
  const values = {
    payload: parsed(timeline.payloadOf(row)),
    progress: parsed(row.progress),
    result: parsed(row.result),
    lastErrorValue: parsed(row.last_error_value)
  }
  const list = parsed(row.errors)
  const entries = Array.isArray(list) ? list as ReadonlyArray<unknown> : [undefined]
  const errors = entries.filter(isFailure)
  const unreadable = [
    ...Object.entries(values).flatMap(([column, value]) => value === undefined ? [column] : []),
    ...(errors.length < entries.length ? ["errors"] : [])
  ]
  return plainColumns.every((column) =>
    told[column] === job[column.replace(/_[a-z]/g, (letter) => letter.slice(1).toUpperCase()) as keyof JobRecord]
  ) && (unreadable.length === 0 || row.kind === foreignKind) && isDeepStrictEqual(
    [job.payload, job.progress, job.result, job.lastErrorValue, job.errors, job.unreadable],
    [...Object.values(values), errors, unreadable]
  )
}

/** Whether an entry of `errors` is a failure, and not something that another program has put there. */
const isFailure = (entry: unknown): boolean =>
  Predicate.isRecord(entry) && typeof entry["attempt"] === "number" && typeof entry["worker"] === "string"
  && typeof entry["at"] === "number" && typeof entry["message"] === "string"

/** What a record shows as the row has it. */
const plainColumns = [
  "id",
  "queue",
  "kind",
  "priority",
  "partition_key",
  "unique_key",
  "unique_scope",
  "holds_key",
  "failures",
  "max_attempts",
  "available_at",
  "locked_at",
  "locked_by",
  "locked_until",
  "settled_attempt",
  "settled_by",
  "settled_as",
  "settled_to",
  "cancel_requested_at",
  "last_error",
  "created_at",
  "finished_at"
] as const

type Lanes = Pick<ClaimRequest, "kinds" | "queues">

const isInLane = (row: JobRow, { kinds, queues }: Lanes): boolean =>
  row.status === "pending" && kinds.some(({ kind }) => kind === row.kind)
  && (queues._tag === "None" || queues.value.some(({ limit, queue }) => queue === row.queue && limit > 0))

const isOfList = (row: JobRow, { cursor, kind, partitionKey, queue, status }: Listing): boolean =>
  (cursor === undefined || row.id < cursor) && (kind === undefined || row.kind === kind)
  && (partitionKey === undefined || row.partition_key === partitionKey)
  && (queue === undefined || row.queue === queue) && (status === undefined || row.status === status)

/** The rows of a job from the question to the answer. */
export const statesDuring = ({ answered, call, timeline }: Look, id: string) =>
  timeline.states(id, call, answered.order)

/** Whether a row surely refused nothing, so that no look may leave it out. */
const obeys = ({ answered, call, timeline }: Look, { id }: JobRow): boolean =>
  !timeline.mayRefuse(id, call.invoked.at, answered.at)

/** The jobs of which something held from the question to the answer, as they were. */
export const allTheTime = (look: Look, holds: (row: JobRow) => boolean): ReadonlyArray<JobRow> =>
  [...look.timeline.jobIds].flatMap((id) => {
    const [first, ...others] = statesDuring(look, id)
    return first !== undefined && [first, ...others].every((row) => row !== undefined && holds(row)) ? [first] : []
  })

const atSomeTime = (look: Look, holds: (row: JobRow) => boolean): boolean =>
  [...look.timeline.jobIds].some((id) => statesDuring(look, id).some((row) => row !== undefined && holds(row)))
