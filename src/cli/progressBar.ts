/** One line that shows how much of something is done, such as `Copying holdfast_jobs [####----] 2,000 of 4,000`. */
export const progressBar = (words: string, done: number, total: number): string => {
  const filled = total === 0 ? width : Math.floor(width * Math.min(1, done / total))
  return `${words} [${"#".repeat(filled)}${"-".repeat(width - filled)}] ${counted(done)} of ${counted(total)}`
}

const width = 24

/** A count with commas between its thousands. */
export const counted = (count: number): string => count.toLocaleString("en-US")
