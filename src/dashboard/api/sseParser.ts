/** One event of an event stream. */
export interface Message {
  /** The name of the event; "message" if the server gave none. */
  readonly event: string
  readonly data: string
  /** The id to resume after: that of this event, or of the last before it that had one. */
  readonly id: string
}

export interface SseParser {
  /** The events that this piece completes. */
  readonly read: (piece: string) => ReadonlyArray<Message>
  /** The id to resume after. A server can give one without an event. */
  readonly lastId: () => string
}

/**
 * Reads an event stream piece by piece, as the HTML standard defines it. A piece may end
 * anywhere, also between a carriage return and its line feed.
 */
export const sseParser = (lastId = ""): SseParser => {
  let rest = ""
  let id = lastId
  let lastEndedId = lastId
  let event = ""
  let data: Array<string> = []
  let isAfterReturn = false
  let isFirst = true

  const field = (line: string, messages: Array<Message>) => {
    if (line === "") {
      if (data.length > 0) messages.push({ event: event === "" ? "message" : event, data: data.join("\n"), id })
      event = ""
      data = []
      lastEndedId = id
      return
    }
    const colon = line.indexOf(":")
    if (colon === 0) return
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "")
    if (name === "event") event = value
    else if (name === "data") data.push(value)
    else if (name === "id" && !value.includes("\0")) id = value
  }

  const read = (piece: string): ReadonlyArray<Message> => {
    const messages: Array<Message> = []
    let text = piece
    if (isFirst && text !== "") {
      isFirst = false
      text = text.replace(/^\uFEFF/, "")
    }
    if (isAfterReturn && text.startsWith("\n")) text = text.slice(1)
    if (text !== "") isAfterReturn = text.endsWith("\r")
    const lines = (rest + text).split(/\r\n|\r|\n/)
    rest = lines.pop() ?? ""
    for (const line of lines) field(line, messages)
    return messages
  }
  return { read, lastId: () => lastEndedId }
}
