import * as attempt from "./catalogue/attempt.ts"
import * as byRequest from "./catalogue/byRequest.ts"
import * as claim from "./catalogue/claim.ts"
import * as enqueue from "./catalogue/enqueue.ts"
import * as eventLoop from "./catalogue/eventLoop.ts"
import * as events from "./catalogue/events.ts"
import * as fences from "./catalogue/fences.ts"
import * as fleetAnswers from "./catalogue/fleetAnswers.ts"
import * as fleetLimits from "./catalogue/fleetLimits.ts"
import * as fleetOddRows from "./catalogue/fleetOddRows.ts"
import * as fleetOperators from "./catalogue/fleetOperators.ts"
import * as fleetPromptness from "./catalogue/fleetPromptness.ts"
import * as fleetTelemetry from "./catalogue/fleetTelemetry.ts"
import * as fleetTransactions from "./catalogue/fleetTransactions.ts"
import * as groupCommits from "./catalogue/groupCommits.ts"
import * as heartbeat from "./catalogue/heartbeat.ts"
import * as keeper from "./catalogue/keeper.ts"
import * as list from "./catalogue/list.ts"
import * as databaseFile from "./catalogue/databaseFile.ts"
import * as loopDelay from "./catalogue/loopDelay.ts"
import * as oddRows from "./catalogue/oddRows.ts"
import * as pauses from "./catalogue/pauses.ts"
import * as queue from "./catalogue/queue.ts"
import * as settle from "./catalogue/settle.ts"
import * as signals from "./catalogue/signals.ts"
import * as simulation from "./catalogue/simulation.ts"
import * as stale from "./catalogue/stale.ts"
import * as storeCalls from "./catalogue/storeCalls.ts"
import * as transactions from "./catalogue/transactions.ts"
import * as uniqueKeys from "./catalogue/uniqueKeys.ts"
import * as values from "./catalogue/values.ts"
import * as waiting from "./catalogue/waiting.ts"
import * as walCheckpoint from "./catalogue/walCheckpoint.ts"
import * as worker from "./catalogue/worker.ts"
import * as workers from "./catalogue/workers.ts"
import type { Equivalent, Mutant } from "./Mutant.ts"

const themes: ReadonlyArray<{
  readonly mutants: ReadonlyArray<Mutant>
  readonly equivalents?: ReadonlyArray<Equivalent>
}> = [
  enqueue,
  groupCommits,
  uniqueKeys,
  claim,
  fences,
  heartbeat,
  keeper,
  attempt,
  settle,
  stale,
  byRequest,
  pauses,
  list,
  databaseFile,
  walCheckpoint,
  oddRows,
  transactions,
  eventLoop,
  loopDelay,
  waiting,
  storeCalls,
  worker,
  workers,
  signals,
  queue,
  events,
  values,
  simulation,
  fleetTransactions,
  fleetLimits,
  fleetPromptness,
  fleetAnswers,
  fleetOperators,
  fleetOddRows,
  fleetTelemetry
]

/** Every broken variant that a test must notice, in the order a job would meet them. */
export const mutants: ReadonlyArray<Mutant> = themes.flatMap((theme) => theme.mutants)

/** Every variant that nobody can tell from the right one, each with the argument why. */
export const equivalents: ReadonlyArray<Equivalent> = themes.flatMap((theme) => theme.equivalents ?? [])
