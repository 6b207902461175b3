/** Adds a name to those that are remembered, at most so many: the oldest makes room. */
export const remember = (names: Set<string>, name: string, most: number): void => {
  names.add(name)
  const [oldest = name] = names
  if (names.size > most) names.delete(oldest)
}
