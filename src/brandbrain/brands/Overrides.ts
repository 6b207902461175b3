import { Either, Schema } from "effect"
import { DraftPath } from "./DraftPath.ts"

/** A brand's own decisions: statements that replace what a compile finds, and paths that stay as they are. */
export const Overrides = Schema.Struct({
  overrides: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  pinned_paths: Schema.Array(Schema.String)
})
export type Overrides = typeof Overrides.Type

/**
 * A change to the overrides.
 *
 * A path with a value is set, and a path with null is removed. A list of pinned paths replaces the whole list.
 * A member that is null changes nothing, as if it were left out.
 */
export const OverridesPatch = Schema.Struct({
  overrides: Schema.optionalWith(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown })), {
    exact: true
  }),
  pinned_paths: Schema.optionalWith(Schema.NullOr(Schema.Array(Schema.String)), { exact: true })
})
export type OverridesPatch = typeof OverridesPatch.Type

export const noOverrides: Overrides = { overrides: {}, pinned_paths: [] }

/** A draft has no statement at this path. Nothing was changed. */
export class UnknownPath extends Schema.TaggedError<UnknownPath>()("UnknownPath", {
  path: Schema.String,
  allowed: Schema.Array(DraftPath)
}) {
  override get message() {
    return `A snapshot has no path ${JSON.stringify(this.path)}; use one of ${this.allowed.join(", ")}`
  }
}

/** The overrides after the change. Fails with the first path that doesn't exist. */
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
