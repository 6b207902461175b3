import { clockText } from "./format.ts"

/** The state of the connection. Instants are epoch milliseconds of this machine. */
export interface Connection {
  /** The instant since which the server or its database does not answer; null if it does. */
  readonly silentSince: number | null
  /** The cut of the feed of events; null if it is not cut. */
  readonly cut: { readonly since: number; readonly reason: string } | null
}

/** The instant since which what is shown may be old; null if it is not. */
export const oldSince = ({ cut, silentSince }: Connection): number | null =>
  cut === null ? silentSince : silentSince === null ? cut.since : Math.min(silentSince, cut.since)

/** A banner's text: what is wrong, and what that means for the reader. Null if nothing is wrong. */
export const bannerText = (connection: Connection): { readonly head: string; readonly rest: string } | null => {
  const since = oldSince(connection)
  const { cut, silentSince } = connection
  if (since === null) return null
  return cut === null || silentSince !== null
    ? {
      head: "The server does not answer",
      rest: `since ${clockText(since)}. What you see is as it was then. The page tries to connect again.`
    }
    : {
      head: "The live feed is cut",
      rest: `since ${
        clockText(since)
      }. ${cut.reason} The page still asks for numbers every few seconds, and tries to connect again.`
    }
}
