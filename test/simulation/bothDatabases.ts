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
export const checkBothDatabases = (
  timeline: Timeline,
  findings: Findings,
  files: ReadonlyArray<ReadonlyArray<SecondRow>>
): void => {
  const { second } = timeline.history
  const [left = new Map<string, SecondRow>(), ...replaced] = files.map((rows) =>
    new Map(rows.map((row) => [row.id, row]))
  )
  const told = (holds: boolean, evidence: () => string) =>
    findings.expect(holds, "two databases of a process share nothing", evidence)
  for (const wrong of second.wrong) findings.violation("two databases of a process share nothing", wrong)
  for (const [id, fate] of second.jobs) {
    const isThere = left.has(id)
    const wasThere = replaced.some((file) => file.has(id))
    told(
      fate !== "acknowledged" || isThere || second.committedUnseen.has(id) && wasThere,
      () => `${id} was acknowledged by the second, which lacks it`
    )
    told(
      fate !== "never added" || !isThere && !wasThere,
      () => `${id} was refused or rolled back, and the second has it`
    )
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
  for (const { attempts, id, status } of files.flat()) {
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
  checkReplaced(timeline, findings)
  if (second.refused > 0) findings.sometimes("a call was refused in a transaction of the process's other database")
}

/** Once the file has been replaced, a store that had it open says so, whatever it is asked, or does nothing. */
const checkReplaced = ({ history }: Timeline, findings: Findings): void => {
  const { asked, opened, replacements } = history.second
  for (const { answer, answered, invoked, process, what } of asked) {
    const before = opened.get(process)?.order ?? Infinity
    const isReplaced = replacements.some(({ order }) => before < order && order < invoked.order)
    const mayBe = replacements.some(({ order }) => order < answered.order)
    findings.expect(
      answer !== "another error" && !(isReplaced && answer === "done") && !(answer === "replaced" && !mayBe),
      "a store knows that its file was replaced",
      () => `${what} by ${process} at ${invoked.at} was answered: ${answer}`
    )
    findings.sometimes("a store found that its file had been replaced", isReplaced && answer === "replaced")
    const [first] = replacements
    findings.sometimes(
      "a file that was put in another's place took a job",
      first !== undefined && first.order < before && what === "an enqueue" && answer === "done"
    )
  }
}
