import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { Effect, Either } from "effect"
import { json } from "../cli/answer.ts"
import { flag, textFlag } from "../cli/flag.ts"
import type { Commands } from "../cli/help.ts"
import { notAFlag } from "../cli/notAFlag.ts"
import { count, textBy } from "../cli/settings.ts"
import type { Streams } from "../cli/Streams.ts"
import { JobStatus } from "../domain/JobRecord.ts"
import { Name, PageLimit } from "../domain/limits.ts"

/** The code of these commands, which is loaded when one of them runs. */
const operate = Effect.promise(() => import("./operate/jobs.ts"))

const idArgument = Args.text({ name: "id" }).pipe(Args.mapEffect(notAFlag))

/** The argument that names a job. */
export const jobId = idArgument.pipe(Args.withDescription("The whole id of a job"))

const jobIds = idArgument.pipe(Args.atLeast(1), Args.withDescription("The whole ids of one or more jobs"))

/** `pnpm holdfast jobs`. */
export const jobsCommands = (streams: Streams) => {
  const list = Command.make("list", {
    status: flag("status", "status", textBy(JobStatus), `Only jobs of this status: ${JobStatus.literals.join(", ")}`),
    kind: textFlag("kind", "name", textBy(Name), "Only jobs of this kind"),
    queue: textFlag("queue", "name", textBy(Name), "Only jobs of this queue"),
    partition: textFlag("partition", "key", textBy(Name), "Only jobs of this partition, or tenant"),
    limit: flag("limit", "number", count(PageLimit), "Most jobs to list, from 1 to 100 (20)"),
    cursor: textFlag("cursor", "cursor", Either.right, "Where to go on, as the list before has printed it"),
    json
  }, (given) => Effect.flatMap(operate, ({ list }) => list(given, streams))).pipe(
    Command.withDescription("List jobs, newest first")
  )

  const show = Command.make(
    "show",
    { id: jobId, json },
    ({ id, json }) => Effect.flatMap(operate, ({ show }) => show(id, json, streams))
  ).pipe(
    Command.withDescription("Show all of a job: its payload, progress, result and errors too")
  )

  const cancel = Command.make(
    "cancel",
    { ids: jobIds, json },
    ({ ids, json }) => Effect.flatMap(operate, ({ cancel }) => cancel(ids, json, streams))
  ).pipe(Command.withDescription("Cancel pending jobs, and ask the workers of running ones to stop them"))

  const retry = Command.make(
    "retry",
    { ids: jobIds, json },
    ({ ids, json }) => Effect.flatMap(operate, ({ retry }) => retry(ids, json, streams))
  ).pipe(Command.withDescription("Make failed or cancelled jobs due now, with a fresh failure budget"))

  const runNow = Command.make(
    "run-now",
    { ids: jobIds, json },
    ({ ids, json }) => Effect.flatMap(operate, ({ runNow }) => runNow(ids, json, streams))
  ).pipe(Command.withDescription("Make pending jobs due now, also those that wait for their next attempt"))

  const remove = Command.make(
    "delete",
    { ids: jobIds, json },
    ({ ids, json }) => Effect.flatMap(operate, ({ remove }) => remove(ids, json, streams))
  ).pipe(Command.withDescription("Delete jobs that do not run, with their results and errors"))

  const jobs = Command.make("jobs").pipe(
    Command.withDescription("Look at jobs, cancel them, try them again or delete them"),
    Command.withSubcommands([list, show, cancel, retry, runNow, remove])
  )
  const commands: Commands = {
    root: jobs.descriptor,
    under: [list, show, cancel, retry, runNow, remove].map(({ descriptor }) => ({ root: descriptor, under: [] }))
  }
  return { jobs, commands }
}
