import type { Utils } from "effect"
import { Context, Effect, Equal, Option, Ref } from "effect"
import type { LeaseLost } from "../../domain/errors.ts"
import { JobId } from "../../domain/JobId.ts"
import type { Lease } from "../../domain/Lease.ts"
import type { StoreError } from "../../domain/errors.ts"
import type { ClaimRequest, Fenced, NewJob, WorkerBeat } from "../../store/JobStore.ts"
import { JobStore } from "../../store/JobStore.ts"
import { differences } from "../differences.ts"
import { PromiseBroken } from "../errors.ts"

/** Moves the time that the store under test takes for now. */
export class StoreClock extends Context.Tag("holdfast/testing/conformance/StoreClock")<StoreClock, {
  readonly now: Effect.Effect<number>
  readonly advance: (millis: number) => Effect.Effect<void>
}>() {}

/** The instant at which the clock of each promise starts. */
export const start = Date.UTC(2026, 0, 1)

/** A clock that stands at `start` until it is moved. */
export const makeStoreClock: Effect.Effect<typeof StoreClock.Service> = Effect.map(
  Ref.make(start),
  (now) => ({
    now: Ref.get(now),
    advance: (millis) => Ref.update(now, (before) => before + millis)
  })
)

export const advance = (millis: number) => Effect.flatMap(StoreClock, (clock) => clock.advance(millis))

/** A promise of a job store, and an effect that fails where it is not kept. */
export interface Promised {
  readonly name: string
  readonly holds: Effect.Effect<void, unknown, JobStore | StoreClock>
}

type Steps = Generator<Utils.YieldWrap<Effect.Effect<unknown, unknown, JobStore | StoreClock>>, void, never>

export const promise = (name: string, holds: () => Steps): Promised => ({ name, holds: Effect.gen(holds) })

/** Fails unless a value is as expected. Of an object only the fields that `expected` names count. */
export const expect = (actual: unknown, expected: unknown): Effect.Effect<void, PromiseBroken> => {
  const found = unlike("", expected, actual)
  return found.length === 0 ? Effect.void : new PromiseBroken({ differences: found })
}

const unlike = (path: string, expected: unknown, actual: unknown): ReadonlyArray<string> => {
  if (typeof expected !== "object" || expected === null || typeof actual !== "object" || actual === null) {
    return differences(path, expected, actual)
  }
  if (Array.isArray(expected) || Array.isArray(actual)) {
    return Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length
      ? expected.flatMap((item, index) => unlike(`${path}[${index}]`, item, actual[index]))
      : differences(path, expected, actual)
  }
  if (Equal.isEqual(expected)) return differences(path, expected, actual)
  return Object.entries(expected).flatMap(([name, value]) =>
    unlike(path === "" ? name : `${path}.${name}`, value, (actual as Readonly<Record<string, unknown>>)[name])
  )
}

/** A claim holds for 10 minutes. */
export const leaseFor = 600_000

/** The same id for the same number, rising with it. */
export const jobId = (number: number): JobId =>
  JobId.make(`00000000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`)

/** A job due now that asks for nothing special. */
export const job = (number: number, options: Partial<NewJob> = {}): NewJob => ({
  id: jobId(number),
  queue: "default",
  kind: "email",
  payload: `{"number":${number}}`,
  priority: 0,
  partitionKey: null,
  uniqueKey: null,
  uniqueScope: options.uniqueKey === undefined || options.uniqueKey === null ? null : "pending",
  onConflict: "keep",
  maxWait: null,
  maxAttempts: 3,
  available: { after: 0 },
  traceContext: null,
  ...options
})

/** Up to ten jobs of kind "email", of any size and in any queue, for worker "w". */
export const request = (options: Partial<ClaimRequest> = {}): ClaimRequest => ({
  worker: "w",
  limit: 10,
  maxBytes: Infinity,
  queues: Option.none(),
  kinds: [{ kind: "email", leaseFor }],
  ...options
})

/** The report of worker "w", which beats every 30 s. */
export const workerBeat = (options: Partial<WorkerBeat> = {}): WorkerBeat => ({
  worker: "w",
  host: "machine",
  pid: 7,
  version: "1.2.3",
  beatEvery: 30_000,
  isDraining: false,
  kinds: ["email"],
  queues: null,
  concurrency: 10,
  running: 0,
  ...options
})

export const enqueue = (...jobs: ReadonlyArray<NewJob>) => Effect.flatMap(JobStore, (store) => store.enqueue(jobs))

export const claim = (options: Partial<ClaimRequest> = {}) =>
  Effect.flatMap(JobStore, (store) => store.claim(request(options)))

/** The numbers of the jobs that a claim takes. */
export const claimed = (options: Partial<ClaimRequest> = {}) =>
  Effect.map(claim(options), (jobs) => jobs.map(({ lease }) => lease.jobId))

/** The lease of the one job there is to claim. */
export const claimOne = (worker = "w") =>
  Effect.flatMap(
    claim({ worker, limit: 1 }),
    ([first]) =>
      first === undefined ? new PromiseBroken({ differences: ["nothing to claim"] }) : Effect.succeed(first.lease)
  )

/** One job, enqueued and claimed. */
export const running = (number: number, options: Partial<NewJob> = {}) =>
  Effect.zipRight(enqueue(job(number, options)), claimOne())

/** Every job there is, newest id first: to see that nothing has changed. */
export const everyJob = Effect.flatMap(JobStore, (store) => Effect.map(store.list({ limit: 100 }), ({ jobs }) => jobs))

export const get = (id: JobId) => Effect.flatMap(JobStore, (store) => store.get(id, undefined))

/** The single answer of a call about a single lease, a lost lease in the error channel. */
const answer = <A, E, R>(
  answers: Effect.Effect<ReadonlyArray<Fenced<A>>, E, R>
): Effect.Effect<A, E | LeaseLost | StoreError | PromiseBroken, R> =>
  Effect.flatMap(
    answers,
    ([first]): Effect.Effect<A, LeaseLost | StoreError | PromiseBroken> =>
      first ?? new PromiseBroken({ differences: ["no answer for an item"] })
  )

export const extend = (lease: Lease, millis = leaseFor) =>
  Effect.flatMap(JobStore, (store) => answer(store.extend([{ lease, leaseFor: millis }])))

export const progress = (lease: Lease, json: string) =>
  Effect.flatMap(JobStore, (store) => answer(store.progress([{ lease, progress: json }])))

export const complete = (lease: Lease, result = "null") =>
  Effect.flatMap(JobStore, (store) => answer(store.complete([{ lease, result }])))

export const fail = (lease: Lease, options: { readonly error?: string; readonly retryAfter?: number | null } = {}) =>
  Effect.flatMap(JobStore, (store) => answer(store.fail([{ lease, error: "boom", retryAfter: 60_000, ...options }])))

export const release = (lease: Lease, delay = 0) =>
  Effect.flatMap(JobStore, (store) => answer(store.release([{ lease, delay }])))

export const releaseStale = Effect.flatMap(JobStore, (store) => store.releaseStale({ limit: 100 }))

export const cancel = (id: JobId) => Effect.flatMap(JobStore, (store) => store.cancel(id, undefined))

export const retry = (id: JobId) => Effect.flatMap(JobStore, (store) => store.retry(id, undefined))

/** Fails unless the effect fails with an error of this tag. Answers the error. */
export const refusal = <A, E, R>(effect: Effect.Effect<A, E, R>, tag: string) =>
  Effect.flatMap(Effect.either(effect), (answer) =>
    answer._tag === "Left"
      ? Effect.as(expect(answer.left, { _tag: tag }), answer.left)
      : new PromiseBroken({ differences: [`expected ${tag}, got an answer`] }))
