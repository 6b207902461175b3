import { Effect, Schedule, Stream } from "effect"
import { CurrentJob, Job, JobQueue, neverRetry } from "../../index.ts"
import { canonicalJson } from "../json/canonicalJson.ts"
import { compileBrand } from "./compileBrand.ts"
import { CompilePayload } from "./CompilePayload.ts"
import * as status from "./compileStatus.ts"
import * as request from "./requestCompile.ts"

/** The job behind a compile: minutes of waiting for scrapers, which is why it is a job. */
export const CompileJob = Job.make("brandbrain.compile", { payload: CompilePayload })

/** Runs compiles. An attempt after a crash goes on where the one before it was. A brand that is gone does not come back. */
export const CompileJobLive = CompileJob.toLayer((payload) =>
  Effect.flatMap(CurrentJob, (job) => Effect.asVoid(compileBrand(payload, job.progress))).pipe(
    Effect.catchTags({ BrandNotFound: neverRetry, CompileRunNotFound: neverRetry })
  )
)

/**
 * Asks for a compile of the brand: the compile run and its job are added in one
 * transaction. The job belongs to the brand, and no other brand sees it. There is one
 * at a time: a request that comes before it has ended is answered with that compile.
 */
export const requestCompile = (options: {
  readonly brandId: string
  readonly forceRefresh: boolean
  readonly model?: string
}) =>
  request.requestCompile({
    ...options,
    enqueue: (payload) =>
      Effect.map(
        JobQueue.enqueue(CompileJob, payload, {
          partitionKey: options.brandId,
          uniqueKey: options.brandId,
          uniqueScope: "unfinished"
        }),
        ({ id }) => id
      )
  })

/** How the brand's compile stands, as its run and its job tell. */
export const compileStatus = (options: { readonly brandId: string; readonly compileRunId: string }) =>
  status.compileStatus({
    ...options,
    job: (jobId) =>
      JobQueue.get(jobId, { partitionKey: options.brandId }).pipe(
        Effect.asSome,
        Effect.catchTag("JobNotFound", () => Effect.succeedNone)
      )
  })

/** Looks at the compile now and once a second, as often as a person reads, until it has ended. */
export const looksAtCompile = (options: { readonly brandId: string; readonly compileRunId: string }) =>
  Stream.repeatEffectWithSchedule(compileStatus(options), Schedule.spaced("1 second")).pipe(
    Stream.takeUntil(({ status }) => status === "SUCCEEDED" || status === "FAILED")
  )

/** The same, each time that it has changed. What comes and goes between two looks is not seen. */
export const watchCompile = (options: { readonly brandId: string; readonly compileRunId: string }) =>
  Stream.changesWith(looksAtCompile(options), (before, after) => canonicalJson(before) === canonicalJson(after))
