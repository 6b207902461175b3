import type { Logger } from "effect"
import { HashMap, List, LogLevel } from "effect"
import { stripVTControlCharacters } from "node:util"
import { oneLine, readable, why, wordsOf } from "./readable.ts"

/** The terminal that a line is for. */
export interface Look {
  readonly columns: number
  readonly isColoured: boolean
}

/**
 * One short line for a person: the time of day, the end of the job's id, its kind,
 * what happened, and how long it took. Generated ids are left out. So are, at Info
 * and below, details that do not fit; a warning has those in a second line, cut
 * where the terminal ends. The log of a file or pipe has everything.
 */
export const terminalLine = (
  { annotations, cause, date, logLevel, message, spans }: Logger.Logger.Options<unknown>,
  { columns, isColoured }: Look
): string => {
  const values = new Map(HashMap.toEntries(annotations).map(([name, value]) => [name, oneLine(readable(value))]))
  const paint = (code: string, text: string) => isColoured && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text
  const job = [shortId(values.get("jobId")), values.has("jobId") ? values.get("kind") ?? "" : ""].filter(isSome)
  const level = logLevel === LogLevel.Info ? "" : paint(colours[logLevel.label] ?? dim, logLevel.label)
  const took = [
    ...(values.has("took") ? [`in ${values.get("took")}`] : []),
    ...List.toArray(spans).map(({ label, startTime }) => `${oneLine(label)} ${date.getTime() - startTime}ms`)
  ].join(" ")
  const isWarning = logLevel === LogLevel.Warning
  const head = [paint(dim, timeOfDay(date)), paint(dim, job.join(" ")), level].filter(isSome).join(" ")
  const words = oneLine(wordsOf(message))
  const told = `${head} ${isWarning ? wrapped(words, columns, lengthOf(head) + 1) : words}`
  const room = columns - lengthOf(told.slice(told.lastIndexOf("\n") + 1)) - (took === "" ? 0 : took.length + 1)
  // A terminal shows one worker, which has said its name when it started.
  if (wordsOf(message) !== "Worker started") values.delete("worker")
  const all = detailsOf(values)
  const details = fitting(all, room, LogLevel.greaterThan(logLevel, LogLevel.Warning))
  const causes = oneLine(why(cause).replace(/\s*\n\s*/g, " "))
  if (!isWarning) return [told, paint(dim, details), paint(dim, took), paint(dim, causes)].filter(isSome).join(" ")
  const needed = all.filter(({ name }) => !last.includes(name)).map(({ text }) => text).join(" ")
  const rest = [needed.slice(details.length).trim(), causes].filter(isSome).join(" ")
  const behind = rest === "" ? "" : `\n${indent}${paint(dim, cut(rest, columns - indent.length))}`
  return `${[told, paint(dim, details), paint(dim, took)].filter(isSome).join(" ")}${behind}`
}

/** As wide as the time of day before it. */
const indent = " ".repeat(9)

/** A terminal that reaches its last column goes on in the next line. */
const cut = (text: string, room: number) => text.length < room ? text : `${text.slice(0, Math.max(0, room - 2))}…`

/** Text in lines that fit, the first of which has `taken` characters before it, and the others an indent. */
const wrapped = (text: string, columns: number, taken: number) => {
  let length = taken
  return text.split(" ").map((word, index) => {
    const isTooLong = index > 0 && length + word.length >= columns
    length = isTooLong ? indent.length + word.length + 1 : length + word.length + 1
    return index === 0 ? word : isTooLong ? `\n${indent}${word}` : ` ${word}`
  }).join("")
}

const dim = "2"
const colours: Readonly<Record<string, string>> = { WARN: "33", ERROR: "31", FATAL: "31" }

const isSome = (text: string) => text !== ""

const lengthOf = (text: string) => stripVTControlCharacters(text).length

/** The local time, such as 05:44:00. */
export const timeOfDay = (date: Date): string => date.toTimeString().slice(0, 8)

/** The end of a job's id, which tells jobs apart: its beginning is a time. */
export const shortId = (id: string | undefined): string => id?.slice(-5) ?? ""

/** Annotations that the line of a job shows in their own places. */
const said = new Set(["jobId", "kind", "took"])

/** Annotations that come first, in this order. The others follow by name. */
const first = ["source", "error", "message", "status", "attempt", "retryIn", "version"]

/** Annotations that are shown only where there is room, also in a warning. */
const last = ["brandId", "worker"]

const rank = (name: string) =>
  first.includes(name) ? first.indexOf(name) - first.length : last.includes(name) ? 1 + last.indexOf(name) : 0

interface Detail {
  readonly name: string
  readonly text: string
}

const detailsOf = (values: ReadonlyMap<string, string>): ReadonlyArray<Detail> => {
  const isOfJob = values.has("jobId")
  return [...values]
    .filter(([name, value]) => !(isOfJob && said.has(name)) && name !== "took" && !isLeftOut(name, value, isOfJob))
    .toSorted(([one], [other]) => rank(one) - rank(other) || one.localeCompare(other))
    .map(([name, value]) => ({ name, text: name === "source" ? value : `${name}=${value}` }))
}

const isLeftOut = (name: string, value: string, isOfJob: boolean) =>
  (isOfJob && name === "attempt" && value === "1")
  || (/(?:I|_i)d$/.test(name) && /^[0-9a-f-]{16,}$/i.test(value))

/** As many details as fit, in their order. An error shows all but those of `last`. */
const fitting = (details: ReadonlyArray<Detail>, room: number, isError: boolean) => {
  let text = ""
  for (const detail of details) {
    const longer = `${text === "" ? "" : `${text} `}${detail.text}`
    const isNeeded = isError && !last.includes(detail.name)
    if (longer.length >= room && !isNeeded) return text
    text = longer
  }
  return text
}
