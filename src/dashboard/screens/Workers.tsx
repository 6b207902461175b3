import type { WorkerRecord } from "../../domain/WorkerRecord.ts"
import type { JobPage, JobSummary } from "../api/wire.ts"
import { Empty, Failure, Loading } from "../parts/States.tsx"
import { Time } from "../parts/Time.tsx"
import { client } from "../state/page.ts"
import { addressOf, jobsAddress } from "../state/router.ts"
import { usePolled } from "../state/usePolled.ts"
import { jobsOf, queuesText, workerState } from "../text/workers.ts"

const badges = { live: "badge-good", draining: "badge-wait", dead: "badge-bad" } as const

/** Jobs of one worker that are linked. The list of running jobs has the others. */
const mostLinked = 10

/** The workers of every process: what each runs and claims, and whether it lives. */
export const Workers = () => {
  const workers = usePolled<{ readonly workers: ReadonlyArray<WorkerRecord>; readonly isWhole: boolean }>("workers", {
    load: (signal) => client.ask("GET", "workers", undefined, signal),
    // No event tells of a beat.
    concerns: () => false,
    least: 3000,
    most: 9000
  })
  // Those of a page. With more of them, a worker may run jobs that are not linked.
  const running = usePolled<JobPage>("running jobs", {
    load: (signal) => client.ask("GET", "jobs?status=running&limit=100", undefined, signal),
    least: 3000,
    most: 9000
  })
  if (workers.value === null) {
    return workers.error === null
      ? <Loading what="the workers" />
      : <Failure error={workers.error} onRetry={workers.look} />
  }
  const all = workers.value.workers
  return all.length === 0
    ? (
      <Empty title="No workers">
        <p>
          A worker shows here from its start until it ends, and for an hour if it dies. Programs that claim by hand do
          not.
        </p>
      </Empty>
    )
    : (
      <>
        <ul class="troubles">
          {all.map((worker) => (
            <Worker key={worker.worker} worker={worker} jobs={jobsOf(worker, running.value?.jobs ?? [])} />
          ))}
        </ul>
        {workers.value.isWhole ? null : <p class="muted">There may be more workers than these.</p>}
        {running.value === null || running.value.cursor === null ? null : (
          <p class="muted">
            More jobs run than are linked here. <a href={jobsAddress({ status: "running" })}>All running jobs</a>
          </p>
        )}
      </>
    )
}

const Worker = ({ jobs, worker }: { readonly worker: WorkerRecord; readonly jobs: ReadonlyArray<JobSummary> }) => {
  const state = workerState(worker)
  return (
    <li class="card trouble">
      <div class="trouble-head">
        <span class={`badge ${badges[state]}`}>{state}</span>
        <b class="mono small">{worker.worker}</b>
        <span class="push">
          last beat <Time at={worker.beatAt} />
        </span>
      </div>
      <dl class="facts">
        <dt>Process</dt>
        <dd>
          {worker.pid} on {worker.host}, Holdfast {worker.version}, started <Time at={worker.startedAt} />
        </dd>
        <dt>Slots used</dt>
        <dd>{worker.running} of {worker.concurrency} at its last beat</dd>
        <dt>Kinds</dt>
        <dd>{worker.kinds.join(", ")}</dd>
        <dt>Queues</dt>
        <dd>{queuesText(worker)}</dd>
        {jobs.length === 0 ? null : (
          <>
            <dt>Runs</dt>
            <dd>
              {jobs.slice(0, mostLinked).map(({ id, kind }, index) => (
                <span key={id}>
                  {index === 0 ? "" : ", "}
                  <a href={addressOf({ view: "job", id })} title={id}>{kind}</a>
                </span>
              ))}
              {jobs.length > mostLinked ? ` and ${jobs.length - mostLinked} more` : ""}
            </dd>
          </>
        )}
      </dl>
    </li>
  )
}
