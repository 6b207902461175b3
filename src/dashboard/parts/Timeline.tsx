import type { JobView } from "../api/wire.ts"
import { useNow } from "../state/clock.ts"
import { firstLine } from "../text/format.ts"
import { timelineOf } from "../text/timeline.ts"
import { Time } from "./Time.tsx"

/** What happened to a job, from its enqueue on. */
export const Timeline = ({ job }: { readonly job: JobView }) => {
  const now = useNow()
  return (
    <ol class="timeline">
      {timelineOf(job, now).map(({ at, detail, text, title, tone }, index) => (
        <li key={index} class={`entry tone-${tone}`}>
          <div class="entry-head">
            <b>{title}</b>
            <span class="push muted">
              <Time at={at} />
            </span>
          </div>
          {detail === null ? null : <p class="muted small wrap-anywhere">{detail}</p>}
          {text === null || text === "" ? null : text.includes("\n")
            ? (
              <details>
                <summary class="wrap-anywhere">{firstLine(text)}</summary>
                <pre tabIndex={0}>{text}</pre>
              </details>
            )
            : <p class="wrap-anywhere">{text}</p>}
        </li>
      ))}
    </ol>
  )
}
