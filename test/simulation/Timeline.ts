import type { Either } from "effect"
import type { LeaseLost } from "../../src/domain/errors.ts"
import type { Lease } from "../../src/domain/Lease.ts"
import type { Extended, NewJob } from "../../src/store/JobStore.ts"
import { ofOneJob } from "./acts.ts"
import type { Change, JobRow, PauseChange } from "./database.ts"
import type { Enclosings } from "./Enclosings.ts"
import type { Call, HandlerRun, History, Incident, Moment } from "./History.ts"
import { endsForNewer } from "./migrations.ts"
import type { Pace } from "./jobs.ts"
import { paceOf, timeoutOf } from "./jobs.ts"
import type { Plan } from "./plan.ts"
import type { Machine } from "./SimulatedProcess.ts"
import type { Span } from "./spans.ts"

/** Timers are set in whole milliseconds, and each is rounded up; what the checker waits for passes through a few of them. */
export const rounding = 5

/** How many milliseconds after its grace a worker that drains has ended at the latest, whatever it leaves behind. */
export const endsAfterGrace = 10_000

/** An extension of a lease as its worker sent it, and what the store said, if it said anything. */
export interface Extension extends Pick<Call, "invoked" | "returned"> {
  /** The milliseconds it asks for. */
  readonly leaseFor: number
  readonly answer: Either.Either<Extended, LeaseLost> | undefined
}

/** How many milliseconds a store leaves out a row that has refused a claim. */
const leftOutFor = 60_000

/** An attempt, and the process whose worker claimed it. */
export type AttemptIn = Pick<HandlerRun, "jobId" | "attempt" | "process">

/** A change with the row as it was before it. */
export interface Step extends Change {
  readonly before: JobRow | undefined
  /** The payload before the change, undefined where there was no job, and after it. */
  readonly carried: string | undefined
  readonly carries: string
  /** The store operation that made it; none for what is not ours. */
  readonly call: Call | undefined
  /** It is noted when it is made, and seen by others only once it is committed: not before here, */
  readonly committedFrom: number
  /** and by here at the latest. */
  readonly committedBy: number
}

/** A pause or its end, with the operation that made it, and when others could see it. */
export interface PauseStep extends PauseChange, Pick<Step, "call" | "committedFrom" | "committedBy"> {}

/** What happened, arranged for being asked about. */
export class Timeline {
  readonly history: History
  readonly plan: Plan
  readonly enclosings: Enclosings
  /** When the worker of a process ended since the tables were newer, if it did. */
  readonly endedForNewer: ReadonlyMap<string, Moment>
  /** Every committed change, in the order of the commits. */
  readonly steps: ReadonlyArray<Step>
  /** Every pause and its end, in the order of the commits. */
  readonly pauses: ReadonlyArray<PauseStep>
  private readonly ofJob = new Map<string, Array<Step>>()
  private readonly ofCall = new Map<number, Array<Step>>()
  private readonly underLease = new Map<string, Array<Call>>()
  private readonly stops = new Map<string, Array<Span>>()
  private readonly ends = new Map<string, number>()
  private readonly kills = new Map<string, number>()
  private readonly payloads = new Map<JobRow, string>()
  private readonly runs: ReadonlyMap<string, HandlerRun>
  private readonly machines: ReadonlyMap<string, Machine>

  constructor(
    history: History,
    plan: Plan,
    changes: ReadonlyArray<Change>,
    pauses: ReadonlyArray<PauseChange>,
    machines: ReadonlyArray<Machine>,
    enclosings: Enclosings
  ) {
    this.history = history
    this.plan = plan
    this.enclosings = enclosings
    this.runs = new Map(history.runs.map((run) => [`${run.jobId} ${run.attempt}`, run]))
    this.machines = new Map(machines.map((machine) => [machine.name, machine]))
    this.steps = changes.map((change): Step => {
      const ofJob = entry(this.ofJob, change.id)
      const last = ofJob.at(-1)
      const call = callOf(history, change)
      const step = {
        ...change,
        operation: call?.number ?? 0,
        before: last?.row ?? undefined,
        carried: last === undefined || last.row === null ? undefined : last.carries,
        carries: change.payload ?? last?.carries ?? "",
        call,
        ...this.committed(change, call)
      }
      ofJob.push(step)
      if (step.row !== null) this.payloads.set(step.row, step.carries)
      entry(this.ofCall, step.operation).push(step)
      return step
    })
    this.pauses = pauses.map((change) => {
      const call = history.calls[change.operation - 1]
      return { ...change, call, ...this.committed(change, call) }
    })
    for (const incident of history.incidents) this.noteStop(incident)
    this.endedForNewer = endsForNewer(this)
    for (const call of history.calls) this.noteLeases(call)
  }

  private noteStop({ at, to, what }: Incident): void {
    const stops = entry(this.stops, to)
    if (what === "pause" || what === "blocked") stops.push({ from: at, to: Infinity })
    if (what === "resumed") stops.push({ from: stops.pop()?.from ?? at, to: at })
    if (what === "kill" || what === "ended") this.ends.set(to, at)
    if (what === "kill") this.kills.set(to, at)
  }

  private noteLeases(call: Call): void {
    if (!["extend", "progress", "complete", "fail", "release"].includes(call.operation)) return
    for (const { lease } of call.request as ReadonlyArray<{ readonly lease: Lease }>) {
      entry(this.underLease, `${lease.jobId} ${lease.attempt}`).push(call)
    }
  }

  stepsOf(id: string): ReadonlyArray<Step> {
    return this.ofJob.get(id) ?? []
  }

  stepsOfCall(call: Call | undefined): ReadonlyArray<Step> {
    return call === undefined ? [] : this.ofCall.get(call.number) ?? []
  }

  /** The writes under the lease of an attempt, also those that failed, in the order in which they were sent. */
  callsUnder(jobId: string, attempt: number): ReadonlyArray<Call> {
    return this.underLease.get(`${jobId} ${attempt}`) ?? []
  }

  /** The extensions of a run's lease that its worker sent. */
  extensionsOf({ attempt, jobId, process }: HandlerRun): ReadonlyArray<Extension> {
    const sent = this.callsUnder(jobId, attempt).filter((call) =>
      call.operation === "extend" && call.process === process
    )
    return sent.map(({ invoked, request, returned }) => {
      const items = request as ReadonlyArray<{ readonly lease: Lease; readonly leaseFor: number }>
      const index = items.findIndex(({ lease }) => lease.jobId === jobId && lease.attempt === attempt)
      const answers = returned?.tag === "ok" ? returned.answer as ReadonlyArray<Extension["answer"]> : []
      return { invoked, returned, answer: answers[index], leaseFor: items[index]?.leaseFor ?? NaN }
    })
  }

  /** The claims and extensions that gave an attempt its lease, the claim first. */
  leasesOf(jobId: string, attempt: number): ReadonlyArray<Step> {
    return this.stepsOf(jobId).filter(({ call, row }) =>
      (call?.operation === "claim" || call?.operation === "extend") && row?.attempts === attempt
    )
  }

  /**
   * The claim that began an attempt; the last before a place in the order, if one is given. A job that was pruned can be
   * enqueued again under its id, by a call whose answer was late, and then has a second first attempt.
   */
  claimOf(jobId: string, attempt: number, before?: number): Step | undefined {
    const claims = this.stepsOf(jobId).filter(({ call, order, row }) =>
      call?.operation === "claim" && row?.attempts === attempt && order < (before ?? Infinity)
    )
    return before === undefined ? claims[0] : claims.at(-1)
  }

  /** Whether a row may have refused a claim at some time of a span, or been left out for having refused one. */
  mayRefuse(id: string, from: number, to: number): boolean {
    return this.history.refusing.some((one) =>
      one.id === id && one.from <= to && one.to + leftOutFor + rounding >= from
    )
  }

  get jobIds(): Iterable<string> {
    return this.ofJob.keys()
  }

  /** The states a job was in at some time of a call, as far as the call could see them; undefined where it was not there. */
  states(id: string, call: Call, to: number): ReadonlyArray<JobRow | undefined> {
    return this.seen(this.stepsOf(id), call, to).map((step) => step?.row ?? undefined)
  }

  /** The last of some changes of one thing that a call surely saw, and those after it that it may have seen. */
  seen<A extends Pick<Step, "order" | "call" | "committedFrom" | "committedBy">>(
    steps: ReadonlyArray<A>,
    call: Call,
    to: number
  ): ReadonlyArray<A | undefined> {
    const own = this.enclosings.outermost(call.within)
    const isOwn = (step: A) => own !== undefined && this.enclosings.outermost(step.call?.within) === own
    const known = steps.findLastIndex((step) =>
      (isOwn(step) ? step.call?.returned?.order ?? Infinity : step.committedBy) <= call.invoked.order
    )
    return [
      steps[known],
      ...steps.slice(known + 1).filter((step) => (isOwn(step) ? step.order : step.committedFrom) <= to)
    ]
  }

  /** Between which places in the order a change was committed: as it was made, or with the transaction around it. */
  private committed(
    { order }: Pick<Change, "order">,
    call: Call | undefined
  ): Pick<Step, "committedFrom" | "committedBy"> {
    const outermost = this.enclosings.outermost(call?.within)
    return {
      committedFrom: outermost === undefined ? order : outermost.closing?.order ?? order,
      committedBy: (outermost === undefined ? call?.returned : outermost.end)?.order ?? Infinity
    }
  }

  /** When others could see a change, at the latest, in true time. */
  committedAt({ call }: Pick<Step, "call">): number {
    const outermost = this.enclosings.outermost(call?.within)
    return (outermost === undefined ? call?.returned : outermost.end)?.at ?? Infinity
  }

  /** What a job carried as a row was so. */
  payloadOf(row: JobRow): string {
    return this.payloads.get(row) ?? ""
  }

  /** The handler of an attempt, if it has begun. */
  runOf(jobId: string, attempt: number): HandlerRun | undefined {
    return this.runs.get(`${jobId} ${attempt}`)
  }

  /** When a process was killed or had ended, in true time. */
  endOf(process: string): number {
    return this.ends.get(process) ?? Infinity
  }

  /** When a process was killed, in true time. */
  killedAt(process: string): number {
    return this.kills.get(process) ?? Infinity
  }

  /** When a process was told to end, and let its handlers run for its grace. */
  toldToEndAt(process: string): number {
    return this.history.incidents.find(({ to, what }) => what === "terminate" && to === process)?.at ?? Infinity
  }

  /** When that was, in true time. */
  endedForNewerAt(process: string): number {
    return this.endedForNewer.get(process)?.at ?? Infinity
  }

  /**
   * When the worker of an attempt began to let its handlers end: its process was told to end, it died of a bug, or it
   * was told that the tables are newer.
   */
  drainsFrom({ attempt, jobId, process }: AttemptIn): number {
    const claimed = this.claimOf(jobId, attempt)?.call?.invoked.order ?? Infinity
    const death = this.history.incidents.find(({ order, to, what }) =>
      what === "worker died" && to === process && order > claimed
    )
    // One whose process is stopped as it dies begins to drain once that goes on, unless it had begun before.
    const drains = this.history.incidents.find(({ order, to, what }) =>
      what === "worker drains" && to === process && order > (death?.order ?? Infinity)
    )
    const diedAt = death === undefined
      ? Infinity
      : Math.min(this.runningFrom(process, death.at), drains?.at ?? Infinity)
    return Math.min(this.toldToEndAt(process), this.endedForNewerAt(process), diedAt)
  }

  /** When the grace of a worker that drains was over: in time, or by a second signal. */
  graceOverAt(attempt: AttemptIn): number {
    const again = this.history.incidents.find(({ to, what }) => what === "told again" && to === attempt.process)
    return Math.min(this.drainsFrom(attempt) + this.plan.worker.shutdownGrace, again?.at ?? Infinity)
  }

  /** The place in the order at which a process crashed. */
  crashOf(process: string): number {
    return this.history.incidents.find(({ to, what }) => what === "crash" && to === process)?.order ?? Infinity
  }

  /** How the worker of an attempt keeps its lease at an instant. */
  paceAt(attempt: AttemptIn & { readonly kind: string }, at: number): Pace {
    return paceOf(attempt.kind, this.plan.worker, at >= this.drainsFrom(attempt))
  }

  /** From when on someone may have told a handler to stop: its timeout, a cancel, a shutdown. */
  mayBeToldFrom(run: HandlerRun): number {
    const { attempt, jobId, kind, started } = run
    // The timer may be set before its process is stopped, and the handler begin after it.
    const timeout = (this.claimOf(jobId, attempt)?.at ?? started.at) + timeoutOf(kind)
    const cancel = this.stepsOf(jobId).find(({ call, row }) =>
      call !== undefined && ofOneJob(call).operation === "cancel" && row?.attempts === attempt
    )
    return Math.min(timeout, cancel?.at ?? Infinity, this.drainsFrom(run))
  }

  /** How many milliseconds of a span a process was stopped. */
  stoppedFor(process: string, from: number, to: number): number {
    const within = (this.stops.get(process) ?? []).map((stop) => Math.min(stop.to, to) - Math.max(stop.from, from))
    return within.filter((millis) => millis > 0).reduce((a, b) => a + b, 0)
  }

  /** When a process was stopped. */
  stopsOf(process: string): ReadonlyArray<Span> {
    return this.stops.get(process) ?? []
  }

  /** When a process's wall clock showed this instant or a later one; each time that it was set begins anew. */
  spansOfWall(process: string, wall: number): ReadonlyArray<Span> {
    return this.offsetsOf(process).map(({ from, millis, to }) => ({ from: Math.max(from, wall - millis), to }))
      .filter(({ from, to }) => from < to)
  }

  /** The first instant from `at` on at which a process was running, as far as stops go. */
  runningFrom(process: string, at: number): number {
    let from = at
    for (let moved = true; moved;) {
      moved = false
      for (const stop of this.stops.get(process) ?? []) {
        if (stop.from <= from + 1 && stop.to > from) {
          from = stop.to
          moved = true
        }
      }
    }
    return from
  }

  /** From when a process may have been stopped until an instant. What it does then may have been begun before. */
  stoppedFrom(process: string, at: number): number {
    let from = at
    for (const stop of (this.stops.get(process) ?? []).toReversed()) {
      if (stop.to >= from - 1 && stop.from < from) from = stop.from
    }
    return from
  }

  /** Whether the clocks of two machines made a lease look over to who released it before it was. */
  showedOver({ at, before, call, process }: Step): boolean {
    const holder = before?.locked_at ?? Infinity
    const { attempts = NaN, id = "", locked_until = null } = before ?? {}
    const held = this.leasesOf(id, attempts).findLast(({ row }) => row?.locked_until === locked_until)
    if (held === undefined || locked_until === null || call === undefined) return false
    // By how much the releasing clock was ahead of the holder's, or had been set forward since.
    const ahead = this.latestWall(process, call.invoked.at, at) - at - (holder - held.at)
    return held.at + (locked_until - holder) - ahead <= at
  }

  /** The earliest that a process could read on its wall clock during a span. */
  earliestWall(process: string, from: number, to: number): number {
    return Math.min(...this.walls(process, from, to).map(({ earliest }) => earliest))
  }

  /** The latest that a process could read on its wall clock during a span. */
  latestWall(process: string, from: number, to: number): number {
    return Math.max(...this.walls(process, from, to).map(({ latest }) => latest))
  }

  /** Whether a process could read this on its wall clock at some time of a span. */
  couldRead(process: string, wall: number, from: number, to: number): boolean {
    return this.walls(process, from, to).some(({ earliest, latest }) => wall >= earliest && wall <= latest)
  }

  /** What a process's wall clock showed during a span: a stretch for each offset that it had. */
  private walls(process: string, from: number, to: number) {
    return this.offsetsOf(process).map((one) => ({
      earliest: Math.max(from, one.from) + one.millis,
      latest: Math.min(to, one.to) + one.millis
    })).filter(({ earliest, latest }) => earliest <= latest)
  }

  /** By how much a process's wall clock was ahead of true time, and when. */
  private offsetsOf(process: string): ReadonlyArray<Span & { readonly millis: number }> {
    const offsets = this.machines.get(process.split(".")[0] ?? "")?.offsets ?? []
    return offsets.map(({ millis, since }, index) => ({
      from: since,
      to: offsets[index + 1]?.since ?? Infinity,
      millis
    }))
  }
}

/**
 * The call that made a change. Enqueues of several fibers are one transaction, which runs in a fiber that is in no call:
 * what was added in it is of the call under way that asked for that job.
 */
const callOf = (history: History, { id, operation, order, process }: Change): Call | undefined =>
  operation > 0
    ? history.calls[operation - 1]
    : history.calls.find((call) =>
      call.operation === "enqueue" && call.process === process && call.within === undefined
      && call.invoked.order < order && (call.returned?.order ?? Infinity) > order
      && (call.request as ReadonlyArray<NewJob>).some((job) => job.id === id)
    )

const entry = <K, V>(map: Map<K, Array<V>>, key: K): Array<V> => {
  const found = map.get(key)
  if (found !== undefined) return found
  const made: Array<V> = []
  map.set(key, made)
  return made
}
