import type { FigureName } from "./figures.ts"
import type { Sample } from "./Scenario.ts"
import type { Spread } from "./statistics.ts"
import { spreadOf } from "./statistics.ts"

/**
 * A figure of one contender, by itself or beside another's of the same round.
 * The median of these values is what a target is held against: two contenders
 * of one round ran under nearly the same load.
 */
export interface Comparison {
  readonly what: string
  readonly figure: FigureName
  readonly of: string
  /** Divides by this contender's figure. */
  readonly over?: string
  /** Takes this contender's figure off. */
  readonly less?: string
  /** The target, where there is one. */
  readonly atLeast?: number
  readonly atMost?: number
  /** Says why there is nothing to measure yet. */
  readonly missing?: string
}

/** One round: the sample of each contender that ran through. */
export type Round = Readonly<Record<string, Sample>>

/** What the rounds say about a comparison. */
export interface Compared extends Comparison {
  /** Undefined when no round has the figures. */
  readonly value?: Spread
  /** Undefined when there is no target, or no value. */
  readonly isReached?: boolean
}

/** Compares within each round, and takes the spread over all of them. */
export const compare = (comparison: Comparison, rounds: ReadonlyArray<Round>): Compared => {
  const { atLeast, atMost, figure, less, of, over } = comparison
  const values = rounds.flatMap((round) => {
    const figureOf = (contender: string) => round[contender]?.[figure]
    const own = figureOf(of)
    const divisor = over === undefined ? 1 : figureOf(over)
    const taken = less === undefined ? 0 : figureOf(less)
    return own === undefined || divisor === undefined || taken === undefined ? [] : [(own - taken) / divisor]
  })
  const value = spreadOf(values)
  if (value === undefined) return comparison
  if (atLeast === undefined && atMost === undefined) return { ...comparison, value }
  return {
    ...comparison,
    value,
    isReached: value.median >= (atLeast ?? -Infinity) && value.median <= (atMost ?? Infinity)
  }
}
