import { Either, Schema } from "effect"
import { DraftPath, fieldsOf, mapFields } from "../draft/Draft.ts"
import type { Draft, Field } from "../draft/Draft.ts"

/** What a brand has decided for itself: statements put in the place of those found, and paths that stay as they are. */
export const Overrides = Schema.Struct({
  overrides: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  pinned_paths: Schema.Array(Schema.String)
})
export type Overrides = typeof Overrides.Type

/**
 * A change to the overrides: a path it names is set, null removes it, a list of pinned paths replaces the list. A member
 * that is null is as one that is left out.
 */
export const OverridesPatch = Schema.Struct({
  overrides: Schema.optionalWith(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown })), {
    exact: true
  }),
  pinned_paths: Schema.optionalWith(Schema.NullOr(Schema.Array(Schema.String)), { exact: true })
})
export type OverridesPatch = typeof OverridesPatch.Type

export const noOverrides: Overrides = { overrides: {}, pinned_paths: [] }

/** No statement stands at this path, so nothing can be put in its place. Nothing was changed. */
export class UnknownPath extends Schema.TaggedError<UnknownPath>()("UnknownPath", {
  path: Schema.String,
  allowed: Schema.Array(DraftPath)
}) {
  override get message() {
    return `Nothing in a snapshot is at ${JSON.stringify(this.path)}: expected one of ${this.allowed.join(", ")}`
  }
}

/** The overrides after the change, or the first path in it that does not exist. */
export const mergeOverrides = (
  current: Overrides,
  patch: OverridesPatch
): Either.Either<Overrides, UnknownPath> => {
  const unknown = [...Object.keys(patch.overrides ?? {}), ...patch.pinned_paths ?? []].find((path) =>
    !Schema.is(DraftPath)(path)
  )
  if (unknown !== undefined) {
    return Either.left(new UnknownPath({ path: unknown.slice(0, 200), allowed: DraftPath.literals }))
  }
  const overrides = { ...current.overrides, ...patch.overrides }
  const pinned = patch.pinned_paths ?? current.pinned_paths
  return Either.right({
    overrides: Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== null)),
    pinned_paths: [...new Set(pinned)].sort()
  })
}

/**
 * Lays the brand's own decisions over a draft; each path they name is locked.
 *
 * An overridden path keeps what was found in `value` and says `override_value`.
 * A pinned one says what it said in the previous snapshot, if there is one.
 */
export const applyOverrides = (draft: Draft, overrides: Overrides, previous: Draft | null): Draft => {
  const before = previous === null ? null : fieldsOf(previous)
  return mapFields(draft, (path, found): Field => {
    const override = overrides.overrides[path] ?? null
    const pinned = overrides.pinned_paths.includes(path)
    const { confidence, sources, value } = pinned && before !== null ? before[path] : found
    return { value, confidence, sources, locked: pinned || override !== null, override_value: override }
  })
}
