import { instantText } from "../domain/instantText.ts"
import type { JobRecord, JobStatus, JobSummary } from "../index.ts"
import { oneLine } from "./readable.ts"
import { distanceText, spanText } from "./spanText.ts"
import type { Column, Room } from "./table.ts"
import { cut } from "./table.ts"

const colours: Readonly<Record<JobStatus, string>> = {
  waiting: "2",
  pending: "33",
  running: "36",
  succeeded: "32",
  failed: "31",
  cancelled: "2"
}

/** The columns of a list of jobs. */
export const jobColumns = (now: number): ReadonlyArray<Column<JobSummary>> => [
  { title: "ID", of: ({ id }) => id, isWhole: true },
  { title: "STATUS", of: ({ status }) => status, isWhole: true, colourOf: ({ status }) => colours[status] },
  { title: "WHEN", of: (job) => whenOf(job, now) },
  { title: "KIND", of: ({ kind }) => kind },
  { title: "QUEUE", of: ({ queue }) => queue },
  { title: "ATTEMPTS", of: ({ attempts }) => String(attempts), isNumber: true, isWhole: true },
  { title: "ERROR", of: ({ lastError, status }) => status === "succeeded" ? "" : firstLine(lastError ?? "") }
]

/** The instant that matters for the job's status, from now. */
const whenOf = ({ availableAt, cancelRequestedAt, finishedAt, lockedAt, status }: JobSummary, now: number): string => {
  if (status === "waiting") return ""
  if (status === "pending") return `due ${distanceText(availableAt, now)}`
  if (status !== "running") return finishedAt === null ? "" : `${spanText(now - finishedAt)} ago`
  return `for ${spanText(now - (lockedAt ?? now))}${cancelRequestedAt === null ? "" : ", to stop"}`
}

/** A job in lines for a person: a name and a value each, then its JSON values and its errors. */
export const describeJob = (job: JobRecord, now: number, { columns, isColoured }: Room): string => {
  const paint = (code: string, text: string) => isColoured ? `\u001b[${code}m${text}\u001b[0m` : text
  const at = (millis: number) => `${instantText(millis)} (${distanceText(millis, now)})`
  const rows: ReadonlyArray<readonly [name: string, value: string | null, code?: string]> = [
    ["Id", job.id],
    ["Kind", job.kind],
    ["Queue", job.queue],
    ["Status", job.status, colours[job.status]],
    ["Partition", job.partitionKey],
    ["Unique key", job.uniqueKey === null ? null : `${job.uniqueKey}, ${keyText(job)}`],
    ["Priority", String(job.priority)],
    ["Attempts", String(job.attempts)],
    ["Failures", `${job.failures} of at most ${job.maxAttempts}`],
    ["Created", at(job.createdAt)],
    ["Due", job.status === "pending" ? at(job.availableAt) : null],
    ["Claimed", job.lockedAt === null ? null : `${at(job.lockedAt)} by ${job.lockedBy}`],
    ["Lease ends", job.lockedUntil === null ? null : at(job.lockedUntil)],
    ["Cancel asked", job.cancelRequestedAt === null ? null : at(job.cancelRequestedAt)],
    ["Finished", job.finishedAt === null ? null : at(job.finishedAt)],
    ["Unreadable", job.unreadable.length === 0 ? null : job.unreadable.join(", ")]
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    ...rows.flatMap(([name, value, code]) => {
      if (value === null) return []
      const text = cut(oneLine(value), columns - width - 3)
      return [`${paint("2", name.padEnd(width))}  ${code === undefined ? text : paint(code, text)}`]
    }),
    ...(["payload", "progress", "result", "lastErrorValue"] as const).flatMap((field) =>
      job[field] === null || job[field] === undefined
        ? []
        : ["", paint("2", titles[field]), ...linesOf(JSON.stringify(job[field], null, 2))]
    ),
    ...job.errors.flatMap(({ at: failedAt, attempt, message, worker }) => [
      "",
      paint("2", oneLine(`Attempt ${attempt} failed at ${at(failedAt)}, on ${worker}`)),
      ...linesOf(message)
    ])
  ].join("\n")
}

const titles = { payload: "Payload", progress: "Progress", result: "Result", lastErrorValue: "Error value" } as const

const keyText = ({ holdsKey, uniqueScope }: JobRecord) =>
  holdsKey ? `held while ${uniqueScope}` : "which it does not hold"

const firstLine = (text: string) => text.trimStart().split("\n", 1)[0] ?? ""

/** Lines of their own, without what could rewrite the terminal. */
const linesOf = (text: string) => text.split("\n").map((line) => `  ${oneLine(line)}`)
