import Database from "better-sqlite3"
import { execFile, spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { v7 } from "uuid"
import { sharedMillis } from "../measure.ts"
import { median } from "../statistics.ts"

const environment = (database: string) => ({ ...process.env, DATABASE_URL: `sqlite://${database}` })

/** Starts the program once, so that its database is migrated and its first start is over. */
export const prepare = async (database: string): Promise<void> => {
  await promisify(execFile)(process.execPath, ["dist/start/main.js", "--once"], { env: environment(database) })
}

/** Adds a job that the program claims; it cannot be decoded, which the claim does not look at. */
const addJob = (database: Database.Database) => {
  const now = Date.now()
  const id = v7({ msecs: now, random: randomBytes(16) })
  database.prepare(`
    INSERT INTO holdfast_jobs (id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at)
    VALUES (@id, 'default', 'brandbrain.compile', '{}', 'pending', 0, 3, @now, @now, @now)`).run({ id, now })
  return id
}

/** Milliseconds from starting `node dist/start/main.js` to the claim of its first job. */
const toFirstClaim = async (file: string): Promise<number> => {
  const database = new Database(file)
  const id = addJob(database)
  const attempts = database.prepare<[string], { readonly attempts: number }>(
    "SELECT attempts FROM holdfast_jobs WHERE id = ?"
  )
  const began = sharedMillis()
  const program = spawn(process.execPath, ["dist/start/main.js"], { env: environment(file), stdio: "ignore" })
  while (attempts.get(id)?.attempts === 0) {
    if (program.exitCode !== null || sharedMillis() - began > 30_000) throw new Error("The program claimed nothing")
    await sleep(1)
  }
  const millis = sharedMillis() - began
  program.kill("SIGKILL")
  await once(program, "close")
  database.close()
  return millis
}

/** Milliseconds from starting Node to the end of what the code loads. */
const toEndOf = async (code: string): Promise<number> => {
  const began = sharedMillis()
  const child: ChildProcess = spawn(
    process.execPath,
    ["--input-type=module", "--eval", `${code}\nprocess.stdout.write("loaded")`],
    { stdio: ["ignore", "pipe", "inherit"] }
  )
  if (child.stdout !== null) await once(child.stdout, "data")
  const millis = sharedMillis() - began
  await once(child, "close")
  return millis
}

const medianOf = async (starts: number, start: () => Promise<number>) => {
  const millis: Array<number> = []
  for (let n = 0; n < starts; n++) millis.push(await start())
  return { millis: median(millis) }
}

/** The median of some starts of the program. */
export const timeProgram = (database: string, starts: number) => medianOf(starts, () => toFirstClaim(database))

/** The median of some starts of Node with this code. */
export const timeCode = (code: string, starts: number) => medianOf(starts, () => toEndOf(code))
