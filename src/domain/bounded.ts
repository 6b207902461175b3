const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * `text`, or its beginning and its end with a word between them that says how
 * long it was, so that it takes at most `limit` bytes as UTF-8. No character is cut.
 */
export const bounded = (text: string, limit: number): string => {
  const bytes = encoder.encode(text)
  if (bytes.length <= limit) return text
  const note = ` … [cut: ${bytes.length} bytes in all] … `
  const room = limit - encoder.encode(note).length
  const tail = Math.floor(room / 3)
  // A character cut in two decodes to U+FFFD at the cut.
  const start = decoder.decode(bytes.subarray(0, room - tail)).replace(/\uFFFD$/u, "")
  const end = decoder.decode(bytes.subarray(bytes.length - tail)).replace(/^\uFFFD+/u, "")
  return start + note + end
}
