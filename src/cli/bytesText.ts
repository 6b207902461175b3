const units = ["kB", "MB", "GB", "TB"]

/** A size in a unit in which it has at most three digits before the point, such as `12.4 MB`. */
export const bytesText = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} bytes`
  let size = bytes
  let unit = -1
  while (size >= 999.95 && unit < units.length - 1) {
    size /= 1000
    unit++
  }
  return `${size.toFixed(1)} ${units[unit]}`
}
