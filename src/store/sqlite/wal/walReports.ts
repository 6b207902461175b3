import { Clock, Effect, LogLevel, Option } from "effect"
import { instantText } from "../../../domain/instantText.ts"
import { readable } from "../../../domain/readableError.ts"
import { line } from "../../../platform/line.ts"
import type { Checkpointed, CheckpointFailed } from "./checkpointThread.ts"

/** Logs what becomes of the WAL of a database, each thing once. A checkpoint should leave at most `tooMuch` bytes. */
export const makeWalReports = (database: string, tooMuch: number) => {
  const said = new Set<string>()
  const warnOnce = (message: string, annotations: Readonly<Record<string, unknown>>) =>
    Effect.suspend(() => {
      if (said.has(message)) return Effect.void
      said.add(message)
      return line(LogLevel.Warning, message, { database, ...annotations })
    })

  /** The time at which a checkpoint first left too much, while all since have, too. */
  let heldSince = Option.none<number>()
  let isTold = false

  const held = ({ size }: Checkpointed) =>
    Effect.gen(function*() {
      // A reader that just happened to be there is gone by the next time.
      if (Option.isNone(heldSince)) heldSince = Option.some(yield* Clock.currentTimeMillis)
      else if (!isTold) {
        isTold = true
        yield* line(
          LogLevel.Warning,
          "The WAL grows, because a read transaction keeps it from being copied into the database: "
            + "end the one that another program, or another connection of this one, has left open",
          { database, size: inMiB(size), since: instantText(heldSince.value) }
        )
      }
    })

  const free = ({ size }: Checkpointed) =>
    Effect.suspend(() => {
      heldSince = Option.none()
      if (!isTold) return Effect.void
      isTold = false
      return line(LogLevel.Info, "The WAL is copied into the database again", {
        database,
        size: inMiB(size)
      })
    })

  return {
    /** A checkpoint has ended. One that was in another's way, as of another process, says nothing. */
    checkpointed: (answer: Checkpointed): Effect.Effect<void> => {
      if (!Number.isFinite(answer.left)) return Effect.void
      return answer.left > tooMuch ? held(answer) : free(answer)
    },
    threadFailed: ({ cause }: CheckpointFailed): Effect.Effect<void> =>
      warnOnce(
        "The thread that copies a long WAL into the database failed: commits may do it, and hold up the event loop",
        {
          error: readable(() => String(cause))
        }
      ),
    noThread: warnOnce(
      "A long WAL is copied into the database by commits, which hold up the event loop: "
        + "there can be no thread for it where better-sqlite3 is not loaded from one place, as in a bundle",
      {}
    )
  }
}

const inMiB = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MiB`
