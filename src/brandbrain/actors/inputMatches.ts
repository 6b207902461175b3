import { isObject } from "../json/readJson.ts"

/**
 * True if an input, as a platform recorded it, is the one we gave. A platform may
 * add defaults for what we left out, so members that we did not give do not count.
 */
export const inputHolds = (recorded: unknown, given: unknown): boolean => {
  if (Array.isArray(given)) {
    return Array.isArray(recorded) && recorded.length === given.length &&
      given.every((each, index) => inputHolds(recorded[index], each))
  }
  return isObject(given)
    ? isObject(recorded) &&
      Object.entries(given).every(([key, value]) => Object.hasOwn(recorded, key) && inputHolds(recorded[key], value))
    : recorded === given
}
