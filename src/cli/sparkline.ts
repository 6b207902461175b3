/** Numbers as a row of bars, as high as they are beside the greatest. Nothing is told from little: only 0 has the lowest bar. */
export const sparkline = (values: ReadonlyArray<number>): string => {
  const greatest = Math.max(...values)
  return values
    .map((value) => bars[value <= 0 ? 0 : Math.max(1, Math.round((bars.length - 1) * value / greatest))])
    .join("")
}

const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const
