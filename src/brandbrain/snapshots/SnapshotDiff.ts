import { Schema } from "effect"
import { DraftPath } from "../brands/DraftPath.ts"
import { effectiveValue, fieldsOf } from "../draft/Draft.ts"
import type { Draft } from "../draft/Draft.ts"
import { canonicalJson } from "../json/canonicalJson.ts"
import { textAt, valueAt } from "../json/readJson.ts"

/** One changed statement. A changed list shows only the entries that were added and removed. */
export const Change = Schema.Union(
  Schema.Struct({ path: DraftPath, added: Schema.Array(Schema.String), removed: Schema.Array(Schema.String) }),
  Schema.Struct({ path: DraftPath, before: Schema.Unknown, after: Schema.Unknown })
)
export type Change = typeof Change.Type

/** The changes from one snapshot to the next. */
export const SnapshotDiff = Schema.Struct({
  /** Null for a brand's first snapshot. */
  previous_version: Schema.NullOr(Schema.Int),
  changes: Schema.Array(Change)
})
export type SnapshotDiff = typeof SnapshotDiff.Type

/** Compares the statements of two snapshots, in reading order. Confidence and backing do not count. */
export const diffSnapshots = (
  previous: { readonly version: number; readonly snapshot: Draft } | null,
  next: Draft
): SnapshotDiff => {
  if (previous === null) {
    return { previous_version: null, changes: [] }
  }
  const before = fieldsOf(previous.snapshot)
  const after = fieldsOf(next)
  return {
    previous_version: previous.version,
    changes: DraftPath.literals.flatMap((path) =>
      changesAt(path, effectiveValue(before[path]), effectiveValue(after[path]))
    )
  }
}

const changesAt = (path: DraftPath, before: unknown, after: unknown): ReadonlyArray<Change> => {
  if (canonicalJson(before) === canonicalJson(after)) {
    return []
  }
  if (!Array.isArray(before) || !Array.isArray(after)) {
    return [{ path, before, after }]
  }
  const was = before.map(labelOf)
  const is = after.map(labelOf)
  return [{
    path,
    added: is.filter((each) => !was.includes(each)),
    removed: was.filter((each) => !is.includes(each))
  }]
}

/** The label of a list entry: the entry itself if it is a text, else its name or type. */
const labelOf = (entry: unknown): string =>
  typeof entry === "string"
    ? entry
    : textAt(entry, "name") ?? textAt(entry, "type") ?? canonicalJson(valueAt(entry) ?? null)
