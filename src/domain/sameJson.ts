import { Predicate } from "effect"

/** Whether two JSON texts stand for the same value, in whatever order their members are. Text that is not JSON is like no other. */
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
