import { Effect, Option } from "effect"
import { answer } from "../../cli/answer.ts"
import { bytesText } from "../../cli/bytesText.ts"
import { existing } from "../../cli/existingDatabase.ts"
import { lastingSettings } from "../../cli/openQueue.ts"
import { counted, progressBar } from "../../cli/progressBar.ts"
import { oneLine } from "../../cli/readable.ts"
import type { Streams } from "../../cli/Streams.ts"
import { typedHoldfast } from "../../cli/typed.ts"
import type { Backup } from "../../store/backup/options.ts"
import { backUp } from "../../store/backup/backUp.ts"

/** Copies the database to a file, and prints what is in it. */
export const backup = (file: string, json: boolean, { screen }: Streams) =>
  Effect.gen(function*() {
    const { busyTimeout, database } = yield* lastingSettings
    const migrate = yield* typedHoldfast("migrate")
    yield* existing(database, `Make one: ${migrate}`)
    const show = (text: string) => void Option.map(screen, ({ show }) => show(text))
    const onProgress = (done: number, total: number) =>
      show(done < total ? progressBar("Copying pages", done, total) : "Checking the copy")
    const made = yield* backUp(database, { file, busyTimeout, onProgress }).pipe(
      Effect.ensuring(Effect.sync(() => show("")))
    )
    yield* answer(json, made, () => describeBackup(made))
  })

const describeBackup = ({ bytes, database, file, tables }: Backup) => {
  const rows = tables.reduce((sum, { rows }) => sum + rows, 0)
  const jobs = tables.find(({ table }) => table === "holdfast_jobs")?.rows
  const ofJobs = jobs === undefined ? "no tables of Holdfast" : `${counted(jobs)} ${jobs === 1 ? "job" : "jobs"}`
  return oneLine(`Backed up ${database} to ${file}: ${ofJobs}, ${counted(rows)} rows in all, ${bytesText(bytes)}`)
    + "\nintegrity_check has found nothing wrong in the copy, and its rows are as many as in the database."
}
