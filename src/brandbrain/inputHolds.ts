import { isObject } from "./field.ts"

/**
 * Whether an input, as a platform recorded it, is the one we gave. A platform may
 * add what an actor takes for what was not said, so members more are no difference.
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
