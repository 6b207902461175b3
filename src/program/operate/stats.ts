import { Clock, Console, Effect, Option, Schedule } from "effect"
import { answer, roomOn } from "../../cli/answer.ts"
import { describeStats } from "../../cli/describeStats.ts"
import { makeFrames } from "../../cli/frames.ts"
import { queueToRead } from "../../cli/openQueue.ts"
import { isUnread } from "../../cli/output.ts"
import { oneLine } from "../../cli/readable.ts"
import { sentenceOf } from "../../cli/report.ts"
import type { Screen } from "../../cli/screen.ts"
import type { Streams } from "../../cli/Streams.ts"
import { timeOfDay } from "../../cli/terminalLine.ts"
import { describeThroughput, longest, perSecond } from "../../cli/throughput.ts"
import { isLasting } from "../../domain/errors.ts"
import type { Count, Stats } from "../../index.ts"
import { JobQueue } from "../../index.ts"

/** Prints the figures of every lane. */
export const stats = (json: boolean, { stdout }: Streams) =>
  Effect.gen(function*() {
    const now = yield* JobQueue.stats()
    yield* answer(json, now, () => describeStats(now, roomOn(stdout)))
  }).pipe(Effect.provide(queueToRead))

/**
 * Shows the figures each second until it is interrupted: on a terminal in place,
 * elsewhere as a line of JSON. Waits for a database that cannot be read for a while.
 * Ends by itself when nobody reads the lines any more.
 */
export const watch = (json: boolean, { screen, stdout }: Streams) =>
  Effect.gen(function*() {
    const show = Option.match(json ? Option.none() : screen, { onNone: () => lines, onSome: inPlace })
    const seconds: Array<Count> = []
    let lookedAt = (yield* Clock.currentTimeMillis) - 1000
    const look = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      // All that ended since the last look, which can have been more than a second ago.
      seconds.push(perSecond(yield* JobQueue.stats({ over: Math.max(1, now - lookedAt) })))
      if (seconds.length > longest) seconds.shift()
      lookedAt = now
      yield* show.figures(yield* JobQueue.stats(), seconds)
    }).pipe(
      Effect.catchIf((error) => !isLasting(error), (error) => show.trouble(sentenceOf(error)))
    )
    yield* Effect.repeat(look, { schedule: Schedule.fixed("1 second"), until: () => isUnread(stdout) })
  }).pipe(Effect.provide(queueToRead))

/** Shows what was seen in a look, or that there was nothing to see. */
interface Show {
  readonly figures: (stats: Stats, seconds: ReadonlyArray<Count>) => Effect.Effect<void>
  readonly trouble: (problem: string) => Effect.Effect<void>
}

const lines: Show = {
  figures: (stats, seconds) => Console.log(JSON.stringify({ ...stats, perSecond: seconds.at(-1) })),
  trouble: (problem) => Effect.logWarning(`${problem}; trying again`)
}

const inPlace = (screen: Screen): Show => {
  const frames = makeFrames(screen)
  let last = ""
  return {
    figures: (stats, seconds) =>
      Effect.sync(() => {
        const figures = describeStats(stats, roomOn(screen))
        last = `${describeThroughput(seconds)}\n\n${figures}`
        frames.show(`${timeOfDay(new Date(stats.at))}  ${last}\n\nCtrl-C ends.`)
      }),
    trouble: (problem) => Effect.sync(() => frames.show(`${last}\n\n${oneLine(problem)}; trying again. Ctrl-C ends.`))
  }
}
