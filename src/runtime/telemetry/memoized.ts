/** A function of a text that keeps its answers forever: for texts that are few, as kinds are. */
export const memoized = <A>(f: (text: string) => A): (text: string) => A => {
  const answers = new Map<string, A>()
  return (text) => {
    const known = answers.get(text)
    if (known !== undefined) return known
    const answer = f(text)
    answers.set(text, answer)
    return answer
  }
}
