const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * `text`, or its beginning and its end with a word between them that says how
 * long it was, so that it takes at most `limit` bytes as UTF-8. No character is
 * cut, and of text of any size no more is read than may be kept.
 */
export const bounded = (text: string, limit: number): string => {
  // A character takes a byte at least.
  if (text.length <= limit && encoder.encode(text).length <= limit) return text
  const note = ` … [cut: ${text.length} characters in all] … `
  const room = limit - encoder.encode(note).length
  const tail = Math.floor(room / 3)
  const first = encoder.encode(text.slice(0, limit)).subarray(0, room - tail)
  const last = encoder.encode(text.slice(-limit))
  // A character cut in two decodes to U+FFFD at the cut.
  const start = decoder.decode(first).replace(/\uFFFD$/u, "")
  const end = decoder.decode(last.subarray(last.length - tail)).replace(/^\uFFFD+/u, "")
  return start + note + end
}
