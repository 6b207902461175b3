import { useNow } from "../state/clock.ts"
import { spanText } from "../text/format.ts"
import { leaseState } from "../text/leaseText.ts"
import { Time } from "./Time.tsx"

/** The lease of a running job: who holds it, how old it is, and whether its heartbeats come. */
export const LeaseBox = (
  { attempt, lockedAt, lockedBy, lockedUntil, usual }: {
    readonly lockedAt: number
    readonly lockedUntil: number
    readonly lockedBy: string | null
    readonly attempt: number
    readonly usual: number | null
  }
) => {
  const now = useNow()
  const { health, left, passed, text } = leaseState({ lockedAt, lockedUntil }, now, usual)
  return (
    <section class={`card lease lease-${health}`} aria-labelledby="lease">
      <h2 id="lease">
        Lease <span class="muted">{health === "good" ? "held" : health === "late" ? "late heartbeat" : "over"}</span>
      </h2>
      <meter
        aria-label="How much of the lease has passed"
        min={0}
        max={1}
        low={0.5}
        high={0.8}
        optimum={0}
        value={passed}
      >
      </meter>
      <p>{text}</p>
      <dl class="facts">
        <dt>Held by</dt>
        <dd class="mono small">{lockedBy ?? "unknown"}</dd>
        <dt>Fencing token</dt>
        <dd>{attempt}</dd>
        <dt>Last extended</dt>
        <dd>
          <Time at={lockedAt} />
        </dd>
        <dt>{left >= 0 ? "Ends" : "Ended"}</dt>
        <dd>
          <Time at={lockedUntil} /> <span class="muted">of {spanText(lockedUntil - lockedAt)}</span>
        </dd>
      </dl>
    </section>
  )
}
