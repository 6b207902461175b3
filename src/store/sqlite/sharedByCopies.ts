/**
 * A map that all copies of this package in the process share, as a bundler or a
 * monorepo may give an app two: a client that one made is then known to the other.
 * What it holds is plain data and functions. Change the name when their shape changes.
 */
export const sharedByCopies = <K extends WeakKey, V>(name: string): WeakMap<K, V> => {
  const shared = globalThis as { [key: symbol]: WeakMap<K, V> | undefined }
  return shared[Symbol.for(name)] ??= new WeakMap()
}
