import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { DateTime, Effect, Either, Option } from "effect"
import { json } from "../cli/answer.ts"
import { flag, textFlag } from "../cli/flag.ts"
import type { Commands } from "../cli/help.ts"
import { notAFlag } from "../cli/notAFlag.ts"
import type { Reader } from "../cli/settings.ts"
import { count, span, textBy } from "../cli/settings.ts"
import type { Streams } from "../cli/Streams.ts"
import { JobStatus } from "../domain/JobRecord.ts"
import { Delay, Name, PageLimit, SearchText } from "../domain/limits.ts"

/** The code of these commands, which is loaded when one of them runs. */
const operate = Effect.promise(() => import("./operate/jobs.ts"))

/** The code of an action, which may be for all jobs of a filter. */
const acting = Effect.zip(operate, Effect.promise(() => import("./operate/bulk.ts")))

const idArgument = Args.text({ name: "id" }).pipe(Args.mapEffect(notAFlag))

/** The argument that names a job. */
export const jobId = idArgument.pipe(Args.withDescription("The whole id of a job"))

const jobIds = idArgument.pipe(
  Args.repeated,
  Args.withDescription("The whole ids of one or more jobs; or give a filter in their place")
)

const filterFlags = {
  status: flag("status", "status", textBy(JobStatus), `Only jobs of this status: ${JobStatus.literals.join(", ")}`),
  kind: textFlag("kind", "name", textBy(Name), "Only jobs of this kind"),
  queue: textFlag("queue", "name", textBy(Name), "Only jobs of this queue"),
  partition: textFlag("partition", "key", textBy(Name), "Only jobs of this partition, or tenant"),
  uniqueKey: textFlag("unique-key", "key", textBy(Name), "Only jobs with this unique key, held or not"),
  error: textFlag(
    "error",
    "text",
    textBy(SearchText),
    "Only jobs whose last error has this text, in any case of letters"
  )
}

/** The flags of an action on many jobs. */
const actionFlags = {
  ids: jobIds,
  ...filterFlags,
  all: Options.boolean("all").pipe(Options.withDescription("Every job that the command can change, without a filter")),
  yes: Options.boolean("yes").pipe(Options.withDescription("Do not ask before the jobs of a filter are changed")),
  dryRun: Options.boolean("dry-run").pipe(
    Options.withDescription("Count the jobs of a filter, and change nothing")
  ),
  json
}

/** A date, alone or with a time and its UTC offset. A time without an offset would depend on this machine's time zone. */
const instantText = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/

/** Reads an instant, such as 2030-01-31T08:00:00Z. A date alone is its midnight in UTC. */
const instant: Reader<number> = (text) => {
  const [, date = ""] = instantText.exec(text) ?? []
  // JavaScript reads 31 February as a day in March.
  const isDate = Option.exists(DateTime.make(date), (midnight) => DateTime.formatIsoDateUtc(midnight) === date)
  return Either.fromOption(
    isDate ? Option.map(DateTime.make(text), DateTime.toEpochMillis) : Option.none(),
    () =>
      `${JSON.stringify(text)} is not an instant, such as 2030-01-31T08:00:00Z, 2030-01-31T09:00:00+01:00 or 2030-01-31`
  )
}

/** `pnpm holdfast jobs`. */
export const jobsCommands = (streams: Streams) => {
  const list = Command.make("list", {
    ...filterFlags,
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
    actionFlags,
    (given) =>
      Effect.flatMap(
        acting,
        ([{ cancel }, { change }]) => change("cancel", given, {}, streams, cancel(given.ids, given.json, streams))
      )
  ).pipe(Command.withDescription("Cancel pending jobs, and ask the workers of running ones to stop them"))

  const retry = Command.make(
    "retry",
    {
      ...actionFlags,
      delay: flag("delay", "span", span(Delay), "Make the jobs due so long from now, such as \"10 minutes\""),
      at: flag("at", "instant", instant, "Make the jobs due then, such as 2030-01-31T08:00:00Z")
    },
    ({ at, delay, ...given }) => {
      const due = {
        ...Option.match(at, { onNone: () => ({}), onSome: (at) => ({ at }) }),
        ...Option.match(delay, { onNone: () => ({}), onSome: (delay) => ({ delay }) })
      }
      return Effect.flatMap(
        acting,
        ([{ retry }, { change }]) => change("retry", given, due, streams, retry(given.ids, given.json, streams, due))
      )
    }
  ).pipe(Command.withDescription("Make failed or cancelled jobs due, now or later, with a fresh failure budget"))

  const runNow = Command.make(
    "run-now",
    actionFlags,
    (given) =>
      Effect.flatMap(
        acting,
        ([{ runNow }, { change }]) => change("run-now", given, {}, streams, runNow(given.ids, given.json, streams))
      )
  ).pipe(Command.withDescription("Make pending jobs due now, also those that wait for their next attempt"))

  const remove = Command.make(
    "delete",
    actionFlags,
    (given) =>
      Effect.flatMap(
        acting,
        ([{ remove }, { change }]) => change("delete", given, {}, streams, remove(given.ids, given.json, streams))
      )
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
