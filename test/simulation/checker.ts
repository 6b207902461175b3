import { checkAnswers } from "./answers.ts"
import { checkCrashes } from "./crashes.ts"
import type { Change, PauseChange, SecondRow, WorkerRow } from "./database.ts"
import { checkTransactions } from "./transactions.ts"
import { Enclosings } from "./Enclosings.ts"
import { checkEnds } from "./ends.ts"
import { Findings } from "./Findings.ts"
import type { Sometimes } from "./Findings.ts"
import type { Fleet } from "./Fleet.ts"
import { checkHeartbeats } from "./heartbeats.ts"
import type { History } from "./History.ts"
import { checkDeaths, checkLimits } from "./limits.ts"
import { checkKeepers } from "./keepers.ts"
import { checkLives } from "./lives.ts"
import { checkNewerSchema } from "./newerSchema.ts"
import { checkPauses } from "./pauses.ts"
import type { Plan } from "./plan.ts"
import { checkPromptness } from "./promptness.ts"
import { checkRuns } from "./runs.ts"
import { checkBothDatabases } from "./bothDatabases.ts"
import { checkSweeps } from "./sweeps.ts"
import { Timeline } from "./Timeline.ts"
import { checkWorkers } from "./workers.ts"

/** Everything that one simulation left behind. */
export interface Evidence {
  readonly history: History
  readonly plan: Plan
  readonly changes: ReadonlyArray<Change>
  readonly pauses: ReadonlyArray<PauseChange>
  /** How many rows each transaction of a caller's has left. */
  readonly enclosed: ReadonlyMap<number, number>
  /** The jobs in each file that the second database has had, the one that it has now first. */
  readonly secondFiles: ReadonlyArray<ReadonlyArray<SecondRow>>
  /** The rows of workers that are left. */
  readonly workers: ReadonlyArray<WorkerRow>
  readonly fleet: Fleet
}

/** Holds what happened against what is promised. */
export const check = (
  { changes, enclosed, fleet, history, pauses, plan, secondFiles, workers }: Evidence
): Findings => {
  const findings = new Findings()
  const machines = fleet.posts.map(({ machine }) => machine)
  const enclosings = new Enclosings(history, enclosed)
  const timeline = new Timeline(history, plan, changes, pauses, machines, enclosings)
  checkLives(timeline, findings)
  checkPauses(timeline, findings)
  checkTransactions(timeline, findings)
  checkAnswers(timeline, findings)
  checkBothDatabases(timeline, findings, secondFiles)
  checkRuns(timeline, findings)
  checkHeartbeats(timeline, findings)
  checkKeepers(timeline, findings)
  checkCrashes(timeline, findings)
  checkSweeps(timeline, findings)
  checkWorkers(timeline, findings, workers)
  checkLimits(timeline, findings)
  checkDeaths(timeline, findings)
  checkNewerSchema(timeline, findings)
  checkPromptness(timeline, findings)
  checkEnds(timeline, findings, fleet.leftovers)
  noteWarnings(history, findings)
  return findings
}

/** Rare states that the log tells of. */
const noteWarnings = ({ rare, warnings }: History, findings: Findings): void => {
  const said: ReadonlyArray<readonly [string, Sometimes]> = [
    ["Stopping the handler: DeadlinePassed", "a handler was stopped at its deadline"],
    [
      "The handler does not stop; its heartbeat ends and its lease will run out",
      "a handler went on after it was told to stop"
    ],
    ["The job does not stop and is left behind; its lease will run out", "a worker that ended left a job behind"],
    ["Settling failed, trying again", "a settle was tried again"],
    ["Settling was given up; the lease will run out", "a settle was given up"],
    [
      "Lease lost after a settle without an answer, so the attempt's outcome may be written or not",
      "whether a settle was written stayed unknown"
    ],
    ["Heartbeat failed, trying again", "a heartbeat failed"],
    ["The job store failed, trying again: claim", "the store failed a poll"]
  ]
  for (const [message, state] of said) findings.sometimes(state, warnings.has(message))
  for (const state of rare) findings.sometimes(state)
}
