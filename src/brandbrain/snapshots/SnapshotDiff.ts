import { DraftPath } from "../brands/DraftPath.ts"
import { Schema } from "effect"
import { canonicalJson } from "../json/canonicalJson.ts"
import { fieldsOf, saying } from "../draft/Draft.ts"
import type { Draft } from "../draft/Draft.ts"
import { at, textAt } from "../json/readJson.ts"

/** One statement that no longer says what it did. Lists say only what came and went. */
export const Change = Schema.Union(
  Schema.Struct({ path: DraftPath, added: Schema.Array(Schema.String), removed: Schema.Array(Schema.String) }),
  Schema.Struct({ path: DraftPath, before: Schema.Unknown, after: Schema.Unknown })
)
export type Change = typeof Change.Type

/** What a snapshot says otherwise than the one before it. */
export const SnapshotDiff = Schema.Struct({
  /** Null for a brand's first snapshot, which differs from nothing. */
  previous_version: Schema.NullOr(Schema.Int),
  changes: Schema.Array(Change)
})
export type SnapshotDiff = typeof SnapshotDiff.Type

/** The statements that changed, in the order a reader meets them. Confidence and backing do not count. */
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
    changes: DraftPath.literals.flatMap((path) => change(path, saying(before[path]), saying(after[path])))
  }
}

const change = (path: DraftPath, before: unknown, after: unknown): ReadonlyArray<Change> => {
  if (canonicalJson(before) === canonicalJson(after)) {
    return []
  }
  if (!Array.isArray(before) || !Array.isArray(after)) {
    return [{ path, before, after }]
  }
  const was = before.map(label)
  const is = after.map(label)
  return [{
    path,
    added: is.filter((each) => !was.includes(each)),
    removed: was.filter((each) => !is.includes(each))
  }]
}

/** What an entry of a list is called: itself, or the name it goes by. */
const label = (entry: unknown): string =>
  typeof entry === "string" ? entry : textAt(entry, "name") ?? textAt(entry, "type") ?? canonicalJson(at(entry) ?? null)
