import type { Overrides } from "../brands/Overrides.ts"
import { fieldsOf, mapFields } from "./Draft.ts"
import type { Draft, Field } from "./Draft.ts"

/**
 * Lays the brand's overrides over a draft, and locks each path they name.
 *
 * An overridden path keeps the value that was found and gains an `override_value`.
 * A pinned path repeats the previous snapshot, if there is one.
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
