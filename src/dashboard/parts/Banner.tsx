import { useEffect, useState } from "preact/hooks"
import { useCell } from "../state/Cell.ts"
import { feedState, reconnect, silentSince, timers } from "../state/page.ts"
import { bannerText, oldSince } from "../text/bannerText.ts"

/** A cut that ends within this many milliseconds is not shown. */
const shownAfter = 1500

/** Tells that what is shown may be old, because the server or its feed of events is away. */
export const Banner = () => {
  const feed = useCell(feedState)
  const silent = useCell(silentSince)
  const connection = { silentSince: silent, cut: feed.is === "cut" ? feed : null }
  const since = oldSince(connection)
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    setShown(false)
    if (since === null) return
    const timer = timers.set(() => setShown(true), Math.max(0, since + shownAfter - timers.now()))
    return () => timers.clear(timer)
  }, [since])
  const text = bannerText(connection)
  if (text === null || !isShown) return null
  return (
    <div class="banner" role="alert">
      <span>
        <b>{text.head}</b> {text.rest}
      </span>
      <button type="button" onClick={reconnect}>Try now</button>
    </div>
  )
}
