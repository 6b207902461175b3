import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { json } from "../cli/answer.ts"
import { jobId } from "./jobsCommands.ts"

/** `pnpm holdfast explain`. Its code is loaded when it runs. */
export const explainCommand = Command.make(
  "explain",
  { id: jobId, json },
  ({ id, json }) =>
    Effect.flatMap(Effect.promise(() => import("./operate/explain.ts")), ({ explain }) => explain(id, json))
).pipe(Command.withDescription("Say why a job is not running"))
