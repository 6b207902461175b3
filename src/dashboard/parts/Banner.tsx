import { useEffect, useState } from "preact/hooks"
import { useCell } from "../state/Cell.ts"
import { feedState, reconnect, silentSince, timers } from "../state/page.ts"
import { clockText } from "../text/format.ts"

/** A cut that is mended within this time is not worth a word. */
const patience = 1500

/** Tells that what is shown may be old, because the server or its feed of events is away. */
export const Banner = () => {
  const feed = useCell(feedState)
  const silent = useCell(silentSince)
  const cutSince = feed.is === "cut" ? feed.since : null
  const since = silent === null ? cutSince : cutSince === null ? silent : Math.min(silent, cutSince)
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    setShown(false)
    if (since === null) return
    const timer = timers.set(() => setShown(true), Math.max(0, since + patience - timers.now()))
    return () => timers.clear(timer)
  }, [since])
  if (since === null || !isShown) return null
  return (
    <div class="banner" role="alert">
      <span>
        <b>{silent === null ? "The live feed is cut" : "The server does not answer"}</b> since {clockText(since)}.{" "}
        {silent === null
          ? "Numbers are still looked up now and then, and may be some seconds old."
          : "What you see is as it was then."} The page tries to connect again.
      </span>
      <button type="button" onClick={reconnect}>Try now</button>
    </div>
  )
}
