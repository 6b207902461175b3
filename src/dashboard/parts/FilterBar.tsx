import { useEffect, useId, useState } from "preact/hooks"
import type { JobFilter } from "../api/wire.ts"
import { useCell } from "../state/Cell.ts"
import { lastStats, session } from "../state/page.ts"
import { addressOf, jobsAddress } from "../state/router.ts"
import { statuses } from "../text/searchQuery.ts"

/** The filter of the list, which is its address. */
export const FilterBar = ({ filter }: { readonly filter: JobFilter }) => {
  const lanes = useCell(lastStats)?.lanes ?? []
  const names = (what: "queue" | "kind") => [...new Set(lanes.map((lane) => lane[what]))].sort()
  const searchesErrors = useCell(session)?.searchesErrors !== false
  const isFiltered = Object.entries(filter).some(([name, value]) => name !== "status" && value !== undefined)
  return (
    <div class="filters">
      <nav class="segments wrap" aria-label="The status of the jobs">
        <a
          href={jobsAddress({ ...filter, status: undefined })}
          aria-current={filter.status === undefined ? "true" : undefined}
        >
          all
        </a>
        {statuses.map((status) => (
          <a
            key={status}
            href={jobsAddress({ ...filter, status })}
            aria-current={filter.status === status ? "true" : undefined}
          >
            {status}
          </a>
        ))}
      </nav>
      <div class="fields">
        <Field name="Queue" value={filter.queue} names={names("queue")} onValue={(queue) => go({ ...filter, queue })} />
        <Field name="Kind" value={filter.kind} names={names("kind")} onValue={(kind) => go({ ...filter, kind })} />
        <Field
          name="Partition"
          value={filter.partition}
          names={[]}
          onValue={(partition) => go({ ...filter, partition })}
        />
        <Field
          name="Unique key"
          value={filter.uniqueKey}
          names={[]}
          onValue={(uniqueKey) => go({ ...filter, uniqueKey })}
        />
        {searchesErrors
          ? (
            <Field
              name="Error has"
              value={filter.error}
              names={[]}
              // Failed jobs are found by an index. Any other status is one click away.
              onValue={(error) =>
                go({ ...filter, error, status: error === undefined ? filter.status : filter.status ?? "failed" })}
            />
          )
          : null}
        <Field
          name="Job id"
          value={undefined}
          names={[]}
          onValue={(id) => id === undefined ? undefined : openJob(id)}
        />
        {isFiltered ? <a class="button quiet" href={jobsAddress({ status: filter.status })}>Clear filter</a> : null}
      </div>
    </div>
  )
}

const go = (filter: JobFilter) => void (location.hash = jobsAddress(filter))

const openJob = (id: string) => void (location.hash = addressOf({ view: "job", id }))

const Field = (
  { name, names, onValue, value }: {
    readonly name: string
    readonly value: string | undefined
    readonly names: ReadonlyArray<string>
    readonly onValue: (value: string | undefined) => void
  }
) => {
  const [text, setText] = useState(value ?? "")
  const id = useId()
  useEffect(() => setText(value ?? ""), [value])
  return (
    <label class="field">
      <span>{name}</span>
      <input
        type="text"
        value={text}
        placeholder="any"
        spellcheck={false}
        autocomplete="off"
        list={names.length === 0 ? undefined : id}
        onInput={(event) => setText(event.currentTarget.value)}
        // When the reader leaves the field, presses Enter or takes a name from the list.
        onChange={(event) => {
          const given = event.currentTarget.value.trim()
          if (given !== (value ?? "")) onValue(given === "" ? undefined : given)
        }}
      />
      {names.length === 0
        ? null
        : <datalist id={id}>{names.map((each) => <option key={each} value={each} />)}</datalist>}
    </label>
  )
}
