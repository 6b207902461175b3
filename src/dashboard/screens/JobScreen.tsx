import { useRef, useState } from "preact/hooks"
import { asApiError } from "../api/client.ts"
import type { Change } from "../api/undo.ts"
import { jobPath, putBack } from "../api/undo.ts"
import type { Action, Explained, JobView } from "../api/wire.ts"
import type { JobStatus } from "../../domain/JobRecord.ts"
import { EditDialog } from "../parts/EditDialog.tsx"
import { Confirm } from "../parts/Dialog.tsx"
import { copy, JsonTree } from "../parts/JsonTree.tsx"
import { LeaseBox } from "../parts/LeaseBox.tsx"
import { Failure, Loading } from "../parts/States.tsx"
import { Status } from "../parts/Status.tsx"
import { Time } from "../parts/Time.tsx"
import { Timeline } from "../parts/Timeline.tsx"
import { actionWords, isFor, tellFates } from "../state/actions.ts"
import { useCell } from "../state/Cell.ts"
import { client, listBefore, session, timers } from "../state/page.ts"
import { jobsAddress } from "../state/router.ts"
import { tell } from "../state/toasts.ts"
import { usePolled } from "../state/usePolled.ts"
import { useTitle } from "../state/useTitle.ts"
import { jobsOf } from "../api/feedEvent.ts"
import type { Beats } from "../text/beats.ts"
import { beatsOf } from "../text/beats.ts"
import { progressOf } from "../text/progressOf.ts"

interface Loaded {
  readonly job: JobView
  readonly explained: Explained
}

const order: ReadonlyArray<Action> = ["run-now", "retry", "cancel", "delete"]

/** All of one job, and what can be done with it. */
export const JobScreen = ({ id }: { readonly id: string }) => {
  const canWrite = useCell(session)?.access === "full"
  const [asked, setAsked] = useState<Action | null>(null)
  const [isEditing, setEditing] = useState(false)
  const polled = usePolled<Loaded>(id, {
    load: async (signal) => {
      const [job, explained] = await Promise.all([
        client.ask<JobView>("GET", jobPath(id), undefined, signal),
        client.ask<Explained>("GET", `${jobPath(id)}/explanation`, undefined, signal)
      ])
      return { job, explained }
    },
    // A running job has progress, of which no event tells.
    isSame: (before, { job }) => job.status !== "running" && JSON.stringify(before.job) === JSON.stringify(job),
    concerns: (event) => event.tag === "missed" || jobsOf(event).includes(id),
    most: 5000
  })
  const usual = useUsualBeat(polled.value?.job)
  useTitle(polled.value === null ? "Job" : `${polled.value.job.kind} ${polled.value.job.status}`)

  if (polled.value === null) {
    return polled.error === null ? <Loading what="the job" /> : <Failure error={polled.error} onRetry={polled.look} />
  }
  // A job that was deleted while it is shown stays, with a word about it.
  const isGone = polled.error !== null && asApiError(polled.error).status === 404
  const { explained, job } = polled.value
  const progress = progressOf(job.progress)

  const act = async (action: Action) => {
    setAsked(null)
    try {
      const answer = action === "delete"
        ? await client.ask<{ readonly deleted: JobStatus }>("DELETE", jobPath(id))
        : await client.ask<{ readonly status: JobStatus }>("POST", `${jobPath(id)}/${action}`)
      const status = "deleted" in answer ? answer.deleted : answer.status
      tellFates(action, [job], [{ id, done: true, status }], polled.look)
      // Back from the deleted job leads to what was before it.
      if (action === "delete") location.replace(jobsAddress(listBefore.get()))
    } catch (error) {
      const { message, tag } = asApiError(error)
      tellFates(action, [job], [{ id, done: false, error: tag, message }], polled.look)
    }
  }

  const edit = async (change: Change) => {
    setEditing(false)
    const before: Change = {
      ...(change.availableAt === undefined ? {} : { availableAt: job.availableAt }),
      ...(change.priority === undefined ? {} : { priority: job.priority })
    }
    try {
      await client.ask("PATCH", jobPath(id), change)
      tell("good", "The job is changed.", {
        label: "Undo",
        run: () =>
          void putBack(client, job, before).then((fate) => {
            tell(fate.done ? "good" : "bad", fate.done ? "The job is as it was." : fate.message)
            polled.look()
          })
      })
    } catch (error) {
      tell("bad", asApiError(error).message)
    }
    polled.look()
  }

  return (
    <article class="job">
      <div class="job-head">
        <h1 tabIndex={-1}>{job.kind}</h1>
        <Status status={job.status} />
        {job.cancelRequestedAt !== null && job.status === "running"
          ? <span class="badge badge-wait">asked to stop</span>
          : null}
        <p class="mono muted small">
          {job.id}{" "}
          <button type="button" class="quiet" onClick={() => void copy(job.id)} aria-label="Copy the id">Copy</button>
        </p>
      </div>
      {isGone ? <p class="notice" role="status">This job is deleted. What you see is how it was.</p> : null}
      {canWrite && !isGone
        ? (
          <div class="buttons" role="group" aria-label="Actions">
            {order.filter((action) => isFor(action, job.status)).map((action) => (
              <button
                key={action}
                type="button"
                class={action === "delete" ? "danger" : action === "retry" || action === "run-now" ? "primary" : ""}
                disabled={action === "cancel" && job.cancelRequestedAt !== null}
                onClick={() => action === "delete" || action === "cancel" ? setAsked(action) : void act(action)}
              >
                {actionWords[action].verb}
              </button>
            ))}
            {job.status === "pending" ? <button type="button" onClick={() => setEditing(true)}>Edit…</button> : null}
          </div>
        )
        : null}

      <section class="card why" aria-labelledby="why">
        <h2 id="why">{headOf(job.status)}</h2>
        <ul>{explained.reasons.map(({ text }, index) => <li key={index}>{text}</li>)}</ul>
      </section>

      {job.status === "running" && job.lockedAt !== null && job.lockedUntil !== null
        ? (
          <LeaseBox
            lockedAt={job.lockedAt}
            lockedUntil={job.lockedUntil}
            lockedBy={job.lockedBy}
            attempt={job.attempts}
            usual={usual}
          />
        )
        : null}

      {progress === null ? null : (
        <section class="card" aria-labelledby="progress">
          <h2 id="progress">
            Progress <span class="muted">{progress.text}</span>
          </h2>
          <progress max={1} value={progress.fraction} aria-labelledby="progress"></progress>
        </section>
      )}

      <div class="columns">
        <section class="card" aria-labelledby="timeline">
          <h2 id="timeline">Timeline</h2>
          <Timeline job={job} />
        </section>
        <section class="card" aria-labelledby="facts">
          <h2 id="facts">Facts</h2>
          <dl class="facts">
            <dt>Queue</dt>
            <dd>
              <a href={jobsAddress({ queue: job.queue })}>{job.queue}</a>
            </dd>
            <dt>Kind</dt>
            <dd>
              <a href={jobsAddress({ kind: job.kind })}>{job.kind}</a>
            </dd>
            <dt>Priority</dt>
            <dd>{job.priority}</dd>
            <dt>Attempts</dt>
            <dd>{job.attempts}, of them {job.failures} of at most {job.maxAttempts} failures</dd>
            <dt>Due</dt>
            <dd>
              <Time at={job.availableAt} />
            </dd>
            <dt>Enqueued</dt>
            <dd>
              <Time at={job.createdAt} />
            </dd>
            <dt>Changed</dt>
            <dd>
              <Time at={job.updatedAt} />
            </dd>
            {job.finishedAt === null ? null : (
              <>
                <dt>Ended</dt>
                <dd>
                  <Time at={job.finishedAt} />
                </dd>
              </>
            )}
            {job.partitionKey === null ? null : (
              <>
                <dt>Partition</dt>
                <dd>
                  <a href={jobsAddress({ partition: job.partitionKey })}>{job.partitionKey}</a>
                </dd>
              </>
            )}
            {job.uniqueKey === null ? null : (
              <>
                <dt>Unique key</dt>
                <dd>
                  {job.uniqueKey}{" "}
                  <span class="muted">({job.uniqueScope}, {job.holdsKey ? "holds it" : "does not hold it"})</span>
                </dd>
              </>
            )}
            {job.settledBy === null ? null : (
              <>
                <dt>Settled by</dt>
                <dd class="mono small">{job.settledBy}, attempt {job.settledAttempt}, as {job.settledAs}</dd>
              </>
            )}
          </dl>
        </section>
      </div>

      {job.hidden
        ? (
          <p class="notice">
            The server is set to hide payloads, results and the texts of errors.
          </p>
        )
        : (
          <div class="columns">
            <Value title="Payload" value={job.payload} isUnreadable={job.unreadable.includes("payload")} />
            {progress === null && job.progress !== null && job.progress !== undefined
              ? <Value title="Progress" value={job.progress} isUnreadable={job.unreadable.includes("progress")} />
              : null}
            {job.status === "succeeded"
              ? <Value title="Result" value={job.result} isUnreadable={job.unreadable.includes("result")} />
              : null}
            {job.lastErrorValue === null || job.lastErrorValue === undefined
              ? null
              : (
                <Value
                  title="Error value"
                  value={job.lastErrorValue}
                  isUnreadable={job.unreadable.includes("lastErrorValue")}
                />
              )}
          </div>
        )}

      {asked === null ? null : (
        <Confirm
          title={`${actionWords[asked].title} this job?`}
          label={`${actionWords[asked].verb} it`}
          tone="danger"
          onClose={() => setAsked(null)}
          onConfirm={() => void act(asked)}
        >
          <p>
            {asked === "delete"
              ? "It is gone for good, with its payload, result and errors. This cannot be undone."
              : job.status === "running"
              ? "Its handler is asked to stop. The job ends cancelled unless the handler succeeds first."
              : "It does not run until somebody retries it."}
          </p>
        </Confirm>
      )}
      {isEditing
        ? <EditDialog job={job} onClose={() => setEditing(false)} onSave={(change) => void edit(change)} />
        : null}
    </article>
  )
}

const headOf = (status: JobStatus): string =>
  status === "running"
    ? "What it does"
    : status === "pending" || status === "waiting"
    ? "Why it is not running"
    : "How it ended"

const Value = (
  { isUnreadable, title, value }: { readonly title: string; readonly value: unknown; readonly isUnreadable: boolean }
) => (
  <section class="card" aria-label={title}>
    <h2>{title}</h2>
    {isUnreadable
      ? <p class="muted">Its text in the database is not JSON, so it is not shown.</p>
      : <JsonTree label={title.toLowerCase()} value={value} />}
  </section>
)

/** The interval of the heartbeats of this attempt, once two of them were seen. */
const useUsualBeat = (job: JobView | undefined): number | null => {
  const seen = useRef<{ readonly job: JobView; readonly beats: Beats | null } | null>(null)
  if (job === undefined) return null
  if (seen.current?.job !== job) {
    seen.current = { job, beats: beatsOf(seen.current?.beats ?? null, job, timers.now()) }
  }
  return seen.current.beats?.gap ?? null
}
