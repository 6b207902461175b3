import { Effect, Option, Stream } from "effect"
import { createHash } from "node:crypto"
import type { Key } from "./batches.ts"
import { batches, keyOf, rowsBetween } from "./batches.ts"
import { canonicalRow, differenceOf } from "./canonical.ts"
import { rowName } from "./checks.ts"
import { CopyDiffers } from "./errors.ts"
import type { Reader } from "./Reader.ts"
import type { Row, Table } from "./Table.ts"

/** A table of the source that is the same in the target. */
export interface Verified {
  readonly table: string
  readonly rows: number
  /** SHA-256 of all rows as values, in the order of their keys: the same for both databases. */
  readonly checksum: string
}

/**
 * Reads a table from both databases, and fails unless they have the same rows with
 * the same values. So the checksum is that of both.
 */
export const verify = <E, R>(
  source: Reader,
  target: Reader,
  table: Table,
  onRows: (rows: number) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function*() {
    const digest = createHash("sha256")
    let count = 0
    let last = Option.none<Key>()
    yield* Stream.runForEach(batches(source, table), ({ after, rows }) =>
      Effect.gen(function*() {
        const upTo = Option.map(Option.fromNullable(rows.at(-1)), (row) => keyOf(table, row))
        const copies = yield* rowsBetween(target, table, after, upTo)
        const [texts, copied] = [rows, copies].map((each) => textOf(table, each))
        if (texts !== copied) return yield* differenceBetween(table, rows, copies)
        digest.update(`${texts}\n`)
        count += rows.length
        last = upTo
        yield* onRows(rows.length)
      }))
    const behind = yield* Stream.runHead(batches(target, table, last))
    if (Option.isSome(behind)) {
      const [added] = behind.value.rows
      return yield* differs(table, added === undefined ? "" : rowName(table, added), "added")
    }
    return { table: table.name, rows: count, checksum: digest.digest("hex") } satisfies Verified
  })

/** The checksum of a table as `verify` makes it. */
export const checksumOf = <E, R>(reader: Reader, table: Table, onRows: (rows: number) => Effect.Effect<void, E, R>) =>
  Effect.gen(function*() {
    const digest = createHash("sha256")
    yield* Stream.runForEach(batches(reader, table), ({ rows }) => {
      digest.update(`${textOf(table, rows)}\n`)
      return onRows(rows.length)
    })
    return digest.digest("hex")
  })

const textOf = (table: Table, rows: ReadonlyArray<Row>) => rows.map((row) => canonicalRow(table, row)).join("\n")

/** The first difference between rows that are not the same, both in the order of their keys. */
const differenceBetween = (
  table: Table,
  rows: ReadonlyArray<Row>,
  copies: ReadonlyArray<Row>
): CopyDiffers => {
  for (const [index, row] of rows.entries()) {
    const copy = copies[index]
    if (copy === undefined || rowName(table, copy) !== rowName(table, row)) {
      const isAdded = copy !== undefined && copies.some((each) => rowName(table, each) === rowName(table, row))
      return isAdded ? differs(table, rowName(table, copy), "added") : differs(table, rowName(table, row), "missing")
    }
    const column = differenceOf(table, row, copy)
    if (column !== undefined) return differs(table, rowName(table, row), column)
  }
  const added = copies[rows.length]
  return differs(table, added === undefined ? "unknown" : rowName(table, added), "added")
}

const differs = (table: Table, row: string, difference: string) =>
  new CopyDiffers({ table: table.name, row, difference })
