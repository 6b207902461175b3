import type { SecondRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import type { Timeline } from "./Timeline.ts"

/**
 * How many milliseconds one fiber may use both databases at once, without those in which its process was stopped.
 * Each wait is bounded: for a lock, for another's transaction, for a store that stalls.
 */
const roundTakes = 15 * 60_000

/**
 * Two databases of a process share nothing: what is called inside a transaction of the other is
 * refused, all else is in the database that was asked and as its caller was told.
 */
export const checkBothDatabases = (timeline: Timeline, findings: Findings, rows: ReadonlyArray<SecondRow>): void => {
  const { second } = timeline.history
  const left = new Map(rows.map((row) => [row.id, row]))
  const told = (holds: boolean, evidence: () => string) =>
    findings.expect(holds, "two databases of a process share nothing", evidence)
  for (const wrong of second.wrong) findings.violation("two databases of a process share nothing", wrong)
  for (const [id, fate] of second.jobs) {
    const row = left.get(id)
    told(fate !== "acknowledged" || row !== undefined, () => `${id} was acknowledged by the second, which lacks it`)
    told(fate !== "never added" || row === undefined, () => `${id} was refused or rolled back, and the second has it`)
    told(timeline.stepsOf(id).length === 0, () => `${id} was for the second and was written to the first`)
    findings.sometimes(
      timeline.plan.ownClient
        ? "a second database that an app's own client opened took a job"
        : "a second database took a job",
      fate === "acknowledged"
    )
  }
  for (const [id, wasTold] of second.completed) {
    const status = left.get(id)?.status
    told(!wasTold || status === "succeeded", () => `${id} was completed in the second and is ${status ?? "gone"}`)
    findings.sometimes("a second database's job was completed", wasTold)
  }
  for (const { attempts, id, status } of rows) {
    told(second.jobs.has(id), () => `the second has ${id}, which it was not asked for`)
    told(attempts <= 1, () => `${id} was claimed ${attempts} times in the second, where no lease ends`)
    told(
      attempts === 1 ? status === "running" || second.completed.has(id) : status === "pending",
      () => `${id} is ${status} in the second after ${attempts} attempts`
    )
  }
  for (const { began, ended, process } of second.rounds) {
    const until = Math.min(ended?.at ?? Infinity, timeline.endOf(process))
    told(
      until - began.at - timeline.stoppedFor(process, began.at, until) <= roundTakes,
      () => `what ${process} began at ${began.at} with both databases never ended`
    )
  }
  if (second.refused > 0) findings.sometimes("a call was refused in a transaction of the process's other database")
}
