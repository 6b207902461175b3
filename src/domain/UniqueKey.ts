import { Schema } from "effect"

/**
 * How long a job holds its unique key. `pending`: until it is claimed, so that
 * at most one job waits. `unfinished`: until it has ended, so that at most one
 * waits or runs.
 */
export const UniqueScope = Schema.Literal("pending", "unfinished")
export type UniqueScope = typeof UniqueScope.Type

/**
 * What an enqueue does to a pending job that holds its unique key: leaves it as
 * it is, gives it the new payload, or makes it due when the new job would be.
 */
export const OnConflict = Schema.Literal("keep", "replace", "move")
export type OnConflict = typeof OnConflict.Type
