import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { JobCount } from "../../domain/Stats.ts"
import { actOnFilter, countJobs } from "../api/bulk.ts"
import { asApiError } from "../api/client.ts"
import type { Action, JobFilter, JobPage, JobSummary } from "../api/wire.ts"
import { BulkBar } from "../parts/BulkBar.tsx"
import { ConfirmEvery } from "../parts/ConfirmEvery.tsx"
import { FilterBar } from "../parts/FilterBar.tsx"
import { JobRow } from "../parts/JobRow.tsx"
import { Empty, Failure, Loading } from "../parts/States.tsx"
import { actionWords, actOnAll, isFor, tellFates, tellTally } from "../state/actions.ts"
import { useCell } from "../state/Cell.ts"
import type { JobList } from "../state/jobList.ts"
import { addPage, emptyList, loadShown, nextMark, refreshPage } from "../state/jobList.ts"
import { client, session } from "../state/page.ts"
import { tell } from "../state/toasts.ts"
import { useKeys } from "../state/useKeys.ts"
import { usePolled } from "../state/usePolled.ts"
import { mostRows, useWindowOfRows } from "../state/useWindowOfRows.ts"
import { firstJobText, jobsText, numberText, skippedText } from "../text/format.ts"
import { query } from "../text/query.ts"
import { Confirm } from "../parts/Dialog.tsx"

/** Jobs of a page, as the API allows at most. */
const pageSize = 100

/** Jobs after which the list goes on only when the reader asks. */
const loadedByItself = 20_000

/** Empty pages in a row after which it does so: some 100,000 rows, or 20,000 whose errors were searched. */
const emptyByItself = 20

/** The path of a page of jobs. */
const listPath = (filter: JobFilter, cursor: string | null, limit: number): string =>
  `jobs${query({ limit: String(limit), ...filter, cursor: cursor ?? undefined })}`

/** The jobs that a filter lets through, newest first. Only rows near the window are in the document. */
export const Jobs = ({ filter }: { readonly filter: JobFilter }) => {
  const canWrite = useCell(session)?.access === "full"
  const [list, setList] = useState<JobList>(emptyList)
  const [isLoading, setLoading] = useState(false)
  const [loadError, setLoadError] = useState<unknown>(null)
  const [most, setMost] = useState(loadedByItself)
  const [mostEmpty, setMostEmpty] = useState(emptyByItself)
  const [selected, setSelected] = useState<ReadonlyMap<string, JobSummary>>(new Map())
  const [active, setActive] = useState<string | null>(null)
  const [asked, setAsked] = useState<{ readonly action: Action; readonly jobs: ReadonlyArray<JobSummary> } | null>(null)
  const [acted, setActed] = useState<number | null>(null)
  const [every, setEvery] = useState<JobCount | null>(null)
  const [askedOfEvery, setAskedOfEvery] = useState<{ readonly action: Action; readonly count: JobCount } | null>(null)
  const body = useRef<HTMLDivElement>(null)
  const { end, reveal, rowHeight, start } = useWindowOfRows(body, list.jobs.length)

  // The part of the list that is shown is loaded again: at each event, and now and then.
  const shown = useRef({ list, start, end })
  shown.current = { list, start, end }
  const polled = usePolled("jobs", {
    load: (signal) =>
      loadShown(
        shown.current.list,
        shown.current,
        (cursor) => client.ask<JobPage>("GET", listPath(filter, cursor, pageSize), undefined, signal)
      ),
    onValue: (pages) => setList((list) => pages.reduce((list, { mark, page }) => refreshPage(list, mark, page), list)),
    most: 5000
  })

  const isFirst = polled.value === null
  const hasGivenUp = !list.isWhole && list.emptyPages >= mostEmpty
  const wantsMore = !isFirst && !list.isWhole && !hasGivenUp && end + 40 >= list.jobs.length && list.jobs.length < most
  const mark = nextMark(list)
  useEffect(() => {
    if (!wantsMore || isLoading || loadError !== null) return
    setLoading(true)
    client.ask<JobPage>("GET", listPath(filter, mark.cursor, pageSize)).then(
      (page) => {
        // Meanwhile the end of the list may be another.
        setList((list) => nextMark(list).cursor === mark.cursor ? addPage(list, page) : list)
        setLoading(false)
      },
      (error: unknown) => {
        setLoadError(error)
        setLoading(false)
      }
    )
  }, [wantsMore, isLoading, mark.cursor, loadError])

  const move = (by: number) => {
    if (list.jobs.length === 0) return
    const at = list.jobs.findIndex(({ id }) => id === active)
    const next = Math.max(0, Math.min(list.jobs.length - 1, at === -1 ? start : at + by))
    setActive(list.jobs[next]?.id ?? null)
    reveal(next)
  }
  const clear = () => {
    setSelected(new Map())
    setEvery(null)
  }
  const toggle = (job: JobSummary) => {
    setEvery(null)
    setSelected((before) => {
      const after = new Map(before)
      if (!after.delete(job.id)) after.set(job.id, job)
      return after
    })
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    x: () => {
      const job = list.jobs.find(({ id }) => id === active)
      if (canWrite && job !== undefined) toggle(job)
    },
    Escape: () => clear()
  })
  useLayoutEffect(() => {
    if (active === null) return
    const link = body.current?.querySelector<HTMLAnchorElement>("[data-active] a")
    link?.focus({ preventScroll: true })
  }, [active, start])

  const confirm = async (action: Action, jobs: ReadonlyArray<JobSummary>) => {
    setActed(0)
    const fates = await actOnAll(action, jobs.map(({ id }) => id), setActed)
    setActed(null)
    setAsked(null)
    setSelected(new Map())
    tellFates(action, jobs, fates, polled.look)
  }

  const counted = (action: Action | undefined, then: (count: JobCount) => void) =>
    void countJobs(client, filter, action).then(
      then,
      (error: unknown) => tell("bad", `The jobs could not be counted. ${asApiError(error).message}`)
    )
  const confirmEvery = async (action: Action, { cursor }: JobCount) => {
    setActed(0)
    const tally = await actOnFilter(client, action, filter, cursor, setActed)
    setActed(null)
    setAskedOfEvery(null)
    clear()
    tellTally(action, tally, polled.look)
  }

  const lookFurther = (
    <button type="button" onClick={() => setMostEmpty(list.emptyPages + emptyByItself)}>Look further</button>
  )
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  const ofAsked = asked === null ? [] : asked.jobs.filter(({ status }) => isFor(asked.action, status))
  return (
    <>
      <FilterBar filter={filter} />
      {list.jobs.length === 0
        ? (polled.error !== null
          ? <Failure error={polled.error} onRetry={polled.look} />
          : hasGivenUp
          ? (
            <Empty title="No job found so far">
              <p>None of the jobs that were looked at fits this filter. {lookFurther}</p>
            </Empty>
          )
          : isFirst || !list.isWhole
          ? <Loading what="the jobs" />
          : (
            <Empty title={isFiltered ? "No job fits this filter" : "No jobs yet"}>
              {isFiltered
                ? (
                  <p>
                    <a href="#/jobs">Show all jobs</a>
                  </p>
                )
                : <p>{firstJobText}</p>}
            </Empty>
          ))
        : (
          <div
            class={`card flush jobs${canWrite ? " selectable" : ""}`}
            role="table"
            aria-label="Jobs"
            aria-rowcount={list.isWhole ? list.jobs.length + 1 : -1}
          >
            <div role="rowgroup" class="jobs-head">
              <div role="row" class="job-row" aria-rowindex={1}>
                {canWrite
                  ? (
                    <span role="columnheader" class="cell-check">
                      <input
                        type="checkbox"
                        aria-label="Select every job that is loaded"
                        checked={list.jobs.every(({ id }) => selected.has(id))}
                        onChange={(event) => {
                          setEvery(null)
                          setSelected(
                            new Map(event.currentTarget.checked ? list.jobs.map((job) => [job.id, job]) : [])
                          )
                        }}
                      />
                    </span>
                  )
                  : null}
                <span role="columnheader" class="cell-status">Status</span>
                <span role="columnheader" class="cell-kind">Kind</span>
                <span role="columnheader" class="cell-queue">Queue</span>
                <span role="columnheader" class="cell-note">What it waits for, or how it ended</span>
                <span role="columnheader" class="cell-attempts number">Failures</span>
                <span role="columnheader" class="cell-age number">Enqueued</span>
              </div>
            </div>
            <div role="rowgroup" ref={body} class="jobs-body" style={{ height: `${list.jobs.length * rowHeight}px` }}>
              <div class="jobs-window" role="presentation" style={{ transform: `translateY(${start * rowHeight}px)` }}>
                {list.jobs.slice(start, Math.min(end, start + mostRows)).map((job, index) => (
                  <JobRow
                    key={job.id}
                    job={job}
                    place={start + index + 2}
                    isActive={job.id === active}
                    isSelected={selected.has(job.id)}
                    onSelect={canWrite ? toggle : null}
                  />
                ))}
              </div>
            </div>
          </div>
        )}
      {list.jobs.length === 0 ? null : (
        <p class="muted list-end" role="status">
          {loadError !== null
            ? (
              <>
                More jobs could not be loaded.{" "}
                <button type="button" onClick={() => setLoadError(null)}>Try again</button>
              </>
            )
            : list.isWhole
            ? `${jobsText(list.jobs.length)}, and no more.`
            : hasGivenUp
            ? <>{jobsText(list.jobs.length)} loaded, and no other found so far. {lookFurther}</>
            : list.jobs.length >= most
            ? (
              <>
                {numberText(list.jobs.length)} jobs are loaded.{" "}
                <button type="button" onClick={() => setMost(most + loadedByItself)}>Load more</button>
              </>
            )
            : `${jobsText(list.jobs.length)} loaded; scroll for more.`}
        </p>
      )}
      {selected.size === 0 || !canWrite ? null : (
        <BulkBar
          jobs={[...selected.values()]}
          status={filter.status}
          every={every}
          isBusy={acted !== null}
          onClear={clear}
          onEvery={list.isWhole ? null : () => counted(undefined, setEvery)}
          onAsk={(action) =>
            every === null
              ? setAsked({
                action,
                // As they are now, where they are still in the list.
                jobs: [...selected.values()].map((job) => list.jobs.find(({ id }) => id === job.id) ?? job)
              })
              : counted(action, (count) => setAskedOfEvery({ action, count }))}
        />
      )}
      {askedOfEvery === null ? null : (
        <ConfirmEvery
          {...askedOfEvery}
          acted={acted}
          filter={filter}
          onClose={() => {
            if (acted === null) setAskedOfEvery(null)
          }}
          onConfirm={() => void confirmEvery(askedOfEvery.action, askedOfEvery.count)}
        />
      )}
      {asked === null ? null : (
        <Confirm
          title={`${actionWords[asked.action].title} ${jobsText(ofAsked.length)}${
            asked.action === "run-now" ? " now" : ""
          }?`}
          label={acted === null
            ? `${actionWords[asked.action].verb}: ${jobsText(ofAsked.length)}`
            : `${acted} of ${ofAsked.length}…`}
          tone={asked.action === "delete" || asked.action === "cancel" ? "danger" : "plain"}
          isBusy={acted !== null}
          onClose={() => {
            // Until the last request is answered, this says how far it is.
            if (acted === null) setAsked(null)
          }}
          onConfirm={() => void confirm(asked.action, ofAsked)}
        >
          <p>{actionWords[asked.action].consequence}</p>
          {ofAsked.length === asked.jobs.length ?
            null :
            <p>{skippedText(asked.jobs.length - ofAsked.length)}</p>}
          {acted === null ? null : <progress max={ofAsked.length} value={acted} aria-label="Done so far"></progress>}
        </Confirm>
      )}
    </>
  )
}
