import { Schema } from "effect"

/**
 * The time for which a job holds its unique key. `pending`: until it is claimed, so that
 * at most one job waits. `unfinished`: until it has ended, so that at most one
 * waits or runs.
 */
export const UniqueScope = Schema.Literal("pending", "unfinished")
export type UniqueScope = typeof UniqueScope.Type

/**
 * The effect of an enqueue on a pending job that holds its unique key: `keep`
 * leaves it as it is, `replace` gives it the new payload, and `move` makes it due
 * when the new job would be.
 */
export const OnConflict = Schema.Literal("keep", "replace", "move")
export type OnConflict = typeof OnConflict.Type
