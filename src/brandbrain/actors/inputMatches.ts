import { isObject } from "../json/readJson.ts"

/**
 * True if an input that the platform recorded is the one that was given.
 *
 * The platform may add defaults, so members that were not given do not count.
 */
export const inputMatches = (recorded: unknown, given: unknown): boolean => {
  if (Array.isArray(given)) {
    return Array.isArray(recorded) && recorded.length === given.length &&
      given.every((each, index) => inputMatches(recorded[index], each))
  }
  return isObject(given)
    ? isObject(recorded) &&
      Object.entries(given).every(([key, value]) => Object.hasOwn(recorded, key) && inputMatches(recorded[key], value))
    : recorded === given
}
