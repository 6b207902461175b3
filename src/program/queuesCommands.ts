import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import { Effect, Either } from "effect"
import { json } from "../cli/answer.ts"
import type { Commands } from "../cli/help.ts"
import { notAFlag } from "../cli/notAFlag.ts"
import { textBy } from "../cli/settings.ts"
import type { Streams } from "../cli/Streams.ts"
import { Kind, Name } from "../domain/limits.ts"

/** The code of these commands, which is loaded when one of them runs. */
const operate = Effect.promise(() => import("./operate/queues.ts"))

const name = (of: "queue" | "kind") =>
  Args.text({ name: of }).pipe(
    Args.withDescription(`The name of a ${of}`),
    Args.mapEffect(notAFlag),
    Args.mapEffect((text) =>
      Either.mapLeft(textBy(of === "kind" ? Kind : Name)(text), (problem) => HelpDoc.p(`<${of}>: ${problem}`))
    )
  )

const pauseQueue = Command.make(
  "pause",
  { queue: name("queue"), json },
  ({ json, queue }) => Effect.flatMap(operate, ({ pause }) => pause({ queue }, json))
).pipe(Command.withDescription("Have workers claim no more jobs of a queue; those that run go on"))

const resumeQueue = Command.make(
  "resume",
  { queue: name("queue"), json },
  ({ json, queue }) => Effect.flatMap(operate, ({ resume }) => resume({ queue }, json))
).pipe(Command.withDescription("End the pause of a queue"))

const pauseKind = Command.make(
  "pause",
  { kind: name("kind"), json },
  ({ json, kind }) => Effect.flatMap(operate, ({ pause }) => pause({ kind }, json))
).pipe(Command.withDescription("Have workers claim no more jobs of a kind; those that run go on"))

const resumeKind = Command.make(
  "resume",
  { kind: name("kind"), json },
  ({ json, kind }) => Effect.flatMap(operate, ({ resume }) => resume({ kind }, json))
).pipe(Command.withDescription("End the pause of a kind"))

/** `pnpm holdfast queues`. */
export const queuesCommands = (streams: Streams) => {
  const list = Command.make(
    "list",
    { json },
    ({ json }) => Effect.flatMap(operate, ({ list }) => list(json, streams))
  ).pipe(Command.withDescription("List the queues that have jobs or are paused, and the kinds that are paused"))
  const queues = Command.make("queues").pipe(
    Command.withDescription("Look at queues, pause them or let them go on"),
    Command.withSubcommands([list, pauseQueue, resumeQueue])
  )
  const commands: Commands = {
    root: queues.descriptor,
    under: [list, pauseQueue, resumeQueue].map(({ descriptor }) => ({ root: descriptor, under: [] }))
  }
  return { queues, commands }
}

const kinds = Command.make("kinds").pipe(
  Command.withDescription("Pause kinds of jobs or let them go on"),
  Command.withSubcommands([pauseKind, resumeKind])
)

/** `pnpm holdfast kinds`. */
export const kindsCommands: { readonly kinds: typeof kinds; readonly commands: Commands } = {
  kinds,
  commands: {
    root: kinds.descriptor,
    under: [pauseKind, resumeKind].map(({ descriptor }) => ({ root: descriptor, under: [] }))
  }
}
