import { Effect } from "effect"
import { CurrentJob, neverRetry } from "../../index.ts"
import { compileBrand } from "./compileBrand.ts"
import { CompileJob } from "./CompileJob.ts"

/** Runs compiles. An attempt after a crash resumes where the last one stopped. A missing brand or run is not retried. */
export const CompileJobLive = CompileJob.toLayer((payload) =>
  Effect.flatMap(CurrentJob, (job) => Effect.asVoid(compileBrand(payload, job.progress))).pipe(
    Effect.catchTags({ BrandNotFound: neverRetry, CompileRunNotFound: neverRetry })
  )
)
