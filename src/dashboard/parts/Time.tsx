import { instantText, relativeText } from "../text/format.ts"
import { useNow } from "../state/clock.ts"

/** An instant as its distance from now; the instant itself is shown to who points at it. */
export const Time = ({ at }: { readonly at: number | null }) => {
  const now = useNow()
  if (at === null) return <span class="muted">–</span>
  const instant = instantText(at)
  return <time dateTime={instant} title={instant}>{relativeText(at, now)}</time>
}
