import { Effect, Option } from "effect"
import type { Copied, Progress } from "../store/copy/copy.ts"
import { counted, progressBar } from "./progressBar.ts"
import type { Streams } from "./Streams.ts"

const now = { check: "Checking", copy: "Copying", verify: "Verifying", recheck: "Checking again" }
const past = { check: "Checked", copy: "Copied", verify: "Verified", recheck: "Checked again" }

/** Tables of fewer rows get one line, when they were copied. */
const fewRows = 5000

/** Tells how far a copy is: in a bar on a terminal, elsewhere by a line of the log for each tenth of a large table. */
export const copyProgress = ({ screen }: Streams) => {
  let told = ""
  const tell = ({ done, step, table, total }: Progress) =>
    Option.match(screen, {
      onSome: ({ show }) => Effect.sync(() => show(progressBar(`${now[step]} ${table}`, done, total))),
      onNone: () =>
        Effect.suspend(() => {
          const part = total < fewRows ? (step === "copy" && done >= total ? 10 : 0) : Math.floor(10 * done / total)
          const line = `${step} ${table} ${part}`
          if (part === 0 || line === told) return Effect.void
          told = line
          return Effect.logInfo(`${past[step]} ${counted(done)} of ${counted(total)} rows of ${table}`)
        })
    })
  /** Takes the bar away. */
  const end = Effect.sync(() => Option.map(screen, ({ show }) => show("")))
  return { tell, end }
}

/** A copy in a few lines, for a person. */
export const copyReport = ({ source, stale, tables, target }: Copied): string => {
  const width = Math.max(...tables.map(({ table }) => table.length))
  return [
    `Copied ${source} to ${target} and compared every row:`,
    ...tables.map(({ checksum, rows, table }) =>
      `  ${table.padEnd(width)}  ${counted(rows).padStart(11)} rows, the same in both, SHA-256 ${
        checksum.slice(0, 12)
      }…`
    ),
    ...(stale === 0 ? [] : [
      `${
        stale === 1 ? "1 job is" : `${counted(stale)} jobs are`
      } running under leases that have run out; a worker's first sweep frees them.`
    ]),
    "Start the workers on the copy. The source has not been changed."
  ].join("\n")
}
