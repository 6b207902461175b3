import { Effect, Predicate } from "effect"
import { StoreError } from "../domain/errors.ts"

/** Loads a module that needs a driver. Names the package to install where that is missing. */
export const loaded = <A>(load: () => Promise<A>): Effect.Effect<A, StoreError> =>
  Effect.tryPromise({
    try: load,
    catch: (error) => new StoreError({ operation: "open", cause: asMissingPackage(error) })
  })

/** Names the package to install, if the error is of one that is missing. */
const asMissingPackage = (error: unknown): unknown => {
  if (!Predicate.hasProperty(error, "code") || !(error instanceof Error)) return error
  if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "MODULE_NOT_FOUND") return error
  // Only a package has such a name. A missing file is named by its path.
  const [, name] = /^Cannot find (?:package|module) '((?:@[\w.-]+\/)?\w[\w.-]*)(?:\/[^']*)?'/.exec(error.message) ?? []
  return name === undefined
    ? error
    : new Error(`this database needs the package ${name}, which is not installed; add it to the app's dependencies`)
}
