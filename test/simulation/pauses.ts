import { isDeepStrictEqual } from "node:util"
import type { Pause, PauseTarget } from "../../src/domain/Pause.ts"
import { scopeOf } from "../../src/domain/Pause.ts"
import type { JobRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import type { Look } from "./looks.ts"
import type { Span } from "./spans.ts"
import type { PauseStep, Timeline } from "./Timeline.ts"

/*
 * What is paused when. A queue and a kind of one name are two things.
 */

/** Each pause, and each end of one, is what its operation asked for. */
export const checkPauses = (timeline: Timeline, findings: Findings): void => {
  for (const step of timeline.pauses) {
    const wrong = wrongStep(timeline, step)
    findings.expect(
      wrong === undefined,
      "every pause and every end of one was asked for",
      () => `${wrong} (${step.call?.operation ?? "nobody"} by ${step.process}): ${step.scope} ${step.name}`
    )
  }
}

const wrongStep = (timeline: Timeline, { at, call, name, pause, process, scope }: PauseStep): string | undefined => {
  if (call === undefined) return "a change outside of every operation"
  if (pause === null) {
    return call.operation === "resume" && isOf(call.request as PauseTarget, { scope, name })
      ? undefined
      : "an end that nobody asked for"
  }
  const { by, target } = call.request as { readonly target: PauseTarget; readonly by: string | undefined }
  return call.operation === "pause" && isOf(target, pause) && pause.pausedBy === (by ?? null)
      && timeline.couldRead(process, pause.pausedAt, call.invoked.at, at)
    ? undefined
    : "another pause than was asked for"
}

type Place = Pick<Pause, "scope" | "name">

const isOf = (target: PauseTarget, { name, scope }: Place): boolean =>
  isDeepStrictEqual(scopeOf(target), { scope, name })

/** What is wrong with the answer of a pause, if anything: it was never so. */
export const wronglyPaused = (look: Look, answer: Pause): string | undefined =>
  isOf((look.call.request as { readonly target: PauseTarget }).target, answer) &&
    states(look, answer).some((one) => isDeepStrictEqual(one, answer))
    ? undefined
    : `${JSON.stringify(answer)} was never so`

/** What is wrong with the answer of a resume, if anything. */
export const wronglyResumed = (look: Look, ended: boolean): string | undefined => {
  const mine = look.timeline.pauses.filter(({ call }) => call === look.call)
  if (ended) return mine.length === 1 ? undefined : "nothing was resumed"
  const place = scopeOf(look.call.request as PauseTarget)
  return mine.length === 0 && states(look, place).includes(undefined) ? undefined : "it was paused"
}

/** What is wrong with a list of what is paused, if anything: its order, a pause that was not so, or one that is left out. */
export const wronglyPauses = (look: Look, answer: ReadonlyArray<Pause>): string | undefined => {
  const outOfOrder = answer.some((pause, index) => {
    const before = answer[index - 1]
    return before !== undefined && nameOf(before) >= nameOf(pause)
  })
  if (outOfOrder) return `out of order: ${JSON.stringify(answer)}`
  const untrue = answer.find((pause) => !states(look, pause).some((one) => isDeepStrictEqual(one, pause)))
  if (untrue !== undefined) return `${nameOf(untrue)} was never so paused`
  const listed = new Set(answer.map(nameOf))
  const missed = look.timeline.pauses.find((one) => !listed.has(nameOf(one)) && !states(look, one).includes(undefined))
  return missed === undefined ? undefined : `${nameOf(missed)} is left out`
}

const nameOf = ({ name, scope }: Place) => `${scope} ${name}`

/** The pauses of a queue or a kind from a question to its answer; undefined for none. */
const states = ({ answered, call, timeline }: Look, place: Place): ReadonlyArray<Pause | undefined> =>
  timeline.seen(stepsOf(timeline, place), call, answered.order).map((step) => step?.pause ?? undefined)

const stepsOf = ({ pauses }: Timeline, place: Place): ReadonlyArray<PauseStep> =>
  pauses.filter((one) => nameOf(one) === nameOf(place))

type Lane = Pick<JobRow, "queue" | "kind">

/** The two that may keep a lane from being claimed. */
const placesOf = ({ kind, queue }: Lane): ReadonlyArray<Place> => [
  { scope: "queue", name: queue },
  { scope: "kind", name: kind }
]

/** True if a lane was paused at a place in the order of the commits. */
export const isPausedAt = (timeline: Timeline, lane: Lane, order: number): boolean =>
  placesOf(lane).some((place) =>
    (stepsOf(timeline, place).findLast((one) => one.order < order)?.pause ?? null) !== null
  )

/** True if the lane of a job was paused, and resumed before a place in the order, while the job was there. */
export const hasBeenPaused = (timeline: Timeline, job: JobRow, order: number): boolean =>
  placesOf(job).some((place) =>
    stepsOf(timeline, place).some((one) =>
      one.pause === null && one.order < order && one.order > (timeline.stepsOf(job.id)[0]?.order ?? Infinity)
    )
  )

/** True if a look may have found a lane paused. */
export const mayBePaused = (look: Look, lane: Lane): boolean =>
  placesOf(lane).some((place) => states(look, place).some((pause) => pause !== undefined))

/** True if a look can only have found it paused. */
export const isSurelyPaused = (look: Look, lane: Lane): boolean =>
  placesOf(lane).some((place) => !states(look, place).includes(undefined))

/** The spans in which a lane was paused, in true time, each up to the instant by which others could surely see its end. */
export const pausedSpans = (timeline: Timeline, lane: Lane): ReadonlyArray<Span> =>
  placesOf(lane).flatMap((place) => {
    const steps = stepsOf(timeline, place)
    return steps.flatMap(({ at, pause }, index) => {
      const end = steps[index + 1]
      return pause === null ? [] : [{ from: at, to: end === undefined ? Infinity : timeline.committedAt(end) }]
    })
  })
