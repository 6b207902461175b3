import { Predicate } from "effect"

/** Compares two JSON texts as values; the order of an object's members does not matter. False if either is not JSON and their texts differ. */
export const isSameJson = (one: string, other: string): boolean => {
  if (one === other) return true
  try {
    return isSame(JSON.parse(one), JSON.parse(other))
  } catch {
    return false
  }
}

const isSame = (one: unknown, other: unknown): boolean => {
  if (one === other) return true
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((item, index) => isSame(item, other[index]))
  }
  if (!Predicate.isRecord(one) || !Predicate.isRecord(other)) return false
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length
    && keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
}
